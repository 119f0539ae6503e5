package floorplan

import (
	"cmp"
	"slices"
)

// What is drawn is measured in CSS pixels.

type point struct{ x, y float64 }

type box struct{ x, y, w, h float64 }

func (b box) right() float64  { return b.x + b.w }
func (b box) bottom() float64 { return b.y + b.h }

// contains tells whether other is within b.
func (b box) contains(other box) bool {
	return other.x >= b.x && other.y >= b.y && other.right() <= b.right() && other.bottom() <= b.bottom()
}

func (b box) overlaps(other box) bool {
	return b.x < other.right() && other.x < b.right() && b.y < other.bottom() && other.y < b.bottom()
}

// sizes of a layout.
type sizes struct {
	roomW, roomH float64
	callerW      float64 // of those who call from outside, beside the house
	step         float64 // between two tracks
	pad          float64 // beside tracks
	gutter       float64 // the least
	corridor     float64
	margin       float64
	least        float64 // of the whole picture
}

var (
	wideSizes   = sizes{roomW: 180, roomH: 134, callerW: 130, step: 6, pad: 14, gutter: 40, corridor: 30, margin: 14, least: 640}
	narrowSizes = sizes{roomW: 196, roomH: 134, callerW: 196, step: 6, pad: 12, gutter: 40, corridor: 22, margin: 8, least: 344}
)

// wire is a line of the picture.
type wire struct {
	from, to int // nodes
	// at is where it goes: its ports' gutters, and the corridor between them.
	leave, enter int // gutters, by the column to their right
	corridor     int // by the row below it; -1: none, both ports are in one gutter
	points       []point

	call  *Line
	event []Event // of one pair
	arm   bool    // from the first to the second arm
}

// layout is a picture that only has to be painted.
type layout struct {
	sizes
	grid
	wires []wire
	// tracks are wires by gutter or corridor, ports by gutter and row, in their order.
	gutters, corridors [][]int
	ports              map[[2]int][]port
	lanes              []map[int]int // by gutter and wire: which of its tracks; nil: one for each wire
	gutterX, corridorY []float64     // where they begin
	top                float64       // of the first corridor
	w, h               float64
	house              box // its walls
}

// port is where a wire meets a room.
type port struct {
	wire  int
	leave bool // it begins there
}

// arrange makes the layout of a house below top.
func arrange(h House, g grid, s sizes, top float64) *layout {
	l := &layout{sizes: s, grid: g, top: top, ports: map[[2]int][]port{}}
	l.wire(h)
	l.route()
	l.measure()
	l.untangle()
	l.share()
	l.measure()
	return l
}

// wire lists the lines of the picture.
func (l *layout) wire(h House) {
	for i := range h.Calls {
		l.connect(l.main(h.Calls[i].Caller), l.main(h.Calls[i].Module), wire{call: &h.Calls[i]})
	}
	for _, e := range h.Events {
		from, to := l.main(e.From), l.main(e.To)
		at := slices.IndexFunc(l.wires, func(w wire) bool { return w.event != nil && w.from == from && w.to == to })
		if at >= 0 {
			l.wires[at].event = append(l.wires[at].event, e)
			continue
		}
		l.connect(from, to, wire{event: []Event{e}})
	}
	for i, n := range l.nodes {
		if n.kind == lot && n.arm > 0 {
			l.connect(l.main(n.name), i, wire{arm: true})
		}
	}
}

func (l *layout) connect(from, to int, w wire) {
	if from < 0 || to < 0 || from == to {
		return
	}
	w.from, w.to = from, to
	l.wires = append(l.wires, w)
}

// route says through which gutters and which corridor each wire goes.
func (l *layout) route() {
	l.gutters, l.corridors = make([][]int, l.cols+1), make([][]int, l.rows+1)
	for i := range l.wires {
		w := &l.wires[i]
		from, to := l.nodes[w.from], l.nodes[w.to]
		switch {
		case from.col == to.col && l.cols == 1:
			w.leave, w.enter = 1, 1
		case from.col == to.col:
			w.leave, w.enter = from.col, to.col
		case from.col < to.col:
			w.leave, w.enter = from.col+1, to.col
		default:
			w.leave, w.enter = from.col, to.col+1
		}
		w.corridor = -1
		l.gutters[w.leave] = append(l.gutters[w.leave], i)
		if w.leave != w.enter {
			w.corridor = between(from.row, to.row)
			l.corridors[w.corridor] = append(l.corridors[w.corridor], i)
			l.gutters[w.enter] = append(l.gutters[w.enter], i)
		}
		leave, enter := [2]int{w.leave, from.row}, [2]int{w.enter, to.row}
		l.ports[leave] = append(l.ports[leave], port{i, true})
		l.ports[enter] = append(l.ports[enter], port{i, false})
	}
	for _, ports := range l.ports {
		slices.SortStableFunc(ports, func(a, b port) int { return cmp.Compare(l.far(a), l.far(b)) })
	}
}

// between is a corridor on the way from one row to another.
func between(from, to int) int {
	if to > from {
		return to
	}
	if to < from {
		return to + 1
	}
	return to // of one row: above it
}

// far orders ports by where their wires go.
func (l *layout) far(p port) int {
	w := l.wires[p.wire]
	if p.leave {
		return l.nodes[w.to].row*100 + l.nodes[w.to].col
	}
	return l.nodes[w.from].row*100 + l.nodes[w.from].col
}

// measure gives everything its place.
func (l *layout) measure() {
	x := l.margin
	l.gutterX = make([]float64, l.cols+1)
	for c := range l.cols + 1 {
		l.gutterX[c] = x
		x += l.gutterWidth(c)
		if c == l.cols {
			break
		}
		for i := range l.nodes {
			if l.nodes[i].col == c {
				l.nodes[i].box.x, l.nodes[i].box.w = x, l.columnWidth(c)
			}
		}
		x += l.columnWidth(c)
	}
	l.w = max(x+l.margin, l.least)
	y := l.top
	l.corridorY = make([]float64, l.rows+1)
	for r := range l.rows + 1 {
		l.corridorY[r] = y
		y += l.corridorHeight(r)
		if r == l.rows {
			break
		}
		for i := range l.nodes {
			if l.nodes[i].row == r {
				l.nodes[i].box.y, l.nodes[i].box.h = y, l.roomH
			}
		}
		y += l.roomH
	}
	l.h = y
	l.house = box{x: l.wallAt(l.first), y: l.top, w: l.wallAt(l.last+1) - l.wallAt(l.first), h: l.corridorY[l.indoors] + groundRoom/2 - l.top}
	l.draw()
}

// wallRoom is what a wall of the house takes of its gutter, groundRoom what its floor takes
// of its corridor.
const wallRoom, groundRoom = 16, 24

func (l *layout) columnWidth(c int) float64 {
	if c < l.first {
		return l.callerW
	}
	return l.roomW
}

// isGround tells whether the house ends at a corridor.
func (l *layout) isGround(r int) bool { return l.cols > 1 && r == l.indoors }

func (l *layout) isWall(c int) bool { return l.cols > 1 && (c == l.first || c == l.last+1) }

func (l *layout) wallAt(c int) float64 {
	if l.cols == 1 {
		return 0
	}
	return l.gutterX[c] + wallRoom
}

func (l *layout) gutterWidth(c int) float64 {
	if c == 0 || c == l.cols && len(l.gutters[c]) == 0 {
		if c == l.cols && l.isWall(c) {
			return wallRoom + 8
		}
		if len(l.gutters[c]) == 0 {
			return 0
		}
	}
	w := max(l.gutter, 2*l.pad+float64(max(0, l.tracks(c)-1))*l.step)
	if l.isWall(c) {
		w += wallRoom
	}
	return w
}

func (l *layout) corridorHeight(r int) float64 {
	h := max(l.corridor, 16+float64(len(l.corridors[r]))*l.step)
	if l.isGround(r) {
		h += groundRoom
	}
	return h
}

// tracks is how many tracks a gutter has.
func (l *layout) tracks(c int) (n int) {
	if l.lanes == nil {
		return len(l.gutters[c])
	}
	for _, lane := range l.lanes[c] {
		n = max(n, lane+1)
	}
	return n
}

// share gives wires one track of a gutter that do not meet on it, one far above the other.
// The order of all others stays as it is, so no line crosses more of them.
func (l *layout) share() {
	lanes := make([]map[int]int, len(l.gutters))
	for c, gutter := range l.gutters {
		lanes[c] = map[int]int{}
		for i, wire := range gutter {
			for _, earlier := range gutter[:i] {
				if l.near(c, wire, earlier) {
					lanes[c][wire] = max(lanes[c][wire], lanes[c][earlier]+1)
				}
			}
		}
	}
	l.lanes = lanes
}

// near tells whether two wires need tracks of their own in a gutter.
func (l *layout) near(c, a, b int) bool {
	aTop, aBottom := l.upright(c, a)
	bTop, bBottom := l.upright(c, b)
	return max(aTop, bTop) < min(aBottom, bBottom)+2*bend
}

// upright is from where to where a wire runs in a gutter.
func (l *layout) upright(c, wire int) (top, bottom float64) {
	w := l.wires[wire]
	from, to := w.points[1].y, w.points[2].y
	if w.corridor >= 0 && c == w.enter {
		from, to = w.points[3].y, w.points[4].y
	}
	return min(from, to), max(from, to)
}

// trackX is the track of a wire in a gutter.
func (l *layout) trackX(c, wire int) float64 {
	x := l.gutterX[c] + l.pad
	if l.isWall(c) {
		x += wallRoom
	}
	lane := slices.Index(l.gutters[c], wire)
	if l.lanes != nil {
		lane = l.lanes[c][wire]
	}
	return x + float64(lane)*l.step
}

// trackY is the track of a wire in a corridor.
func (l *layout) trackY(r, wire int) float64 {
	y := l.corridorY[r] + 10
	if l.isGround(r) {
		y += groundRoom
	}
	return y + float64(slices.Index(l.corridors[r], wire))*l.step
}

// portY is where a wire meets a room: all that end in a gutter at one row share its
// height, whichever side they are on, so that none covers another.
func (l *layout) portY(gutter int, n node, wire int, leave bool) float64 {
	ports := l.ports[[2]int{gutter, n.row}]
	i := slices.Index(ports, port{wire, leave})
	return n.box.y + n.box.h*float64(i+1)/float64(len(ports)+1)
}

// draw gives each wire its points.
func (l *layout) draw() {
	for i := range l.wires {
		l.drawOne(i)
	}
}

func (l *layout) drawOne(i int) {
	w := &l.wires[i]
	from, to := l.nodes[w.from], l.nodes[w.to]
	start := point{from.box.right(), l.portY(w.leave, from, i, true)}
	if w.leave == from.col {
		start.x = from.box.x
	}
	end := point{to.box.x, l.portY(w.enter, to, i, false)}
	if w.enter == to.col+1 {
		end.x = to.box.right()
	}
	first := l.trackX(w.leave, i)
	w.points = append(w.points[:0], start, point{first, start.y})
	if w.corridor >= 0 {
		y, second := l.trackY(w.corridor, i), l.trackX(w.enter, i)
		w.points = append(w.points, point{first, y}, point{second, y}, point{second, end.y})
	} else {
		w.points = append(w.points, point{first, end.y})
	}
	w.points = append(w.points, end)
}
