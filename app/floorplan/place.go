package floorplan

import (
	"math"
	"slices"
)

// kind is what a node of the picture is.
type kind int

const (
	// outsider is a caller that is no module.
	outsider kind = iota
	// room is a module in the main process, or one that is nowhere.
	room
	// vacant is what a house without rooms shows.
	vacant
	// lot is an arm that is in other processes.
	lot
)

// node is one thing of the picture on the grid.
type node struct {
	kind     kind
	name     string // of the module or caller
	arm      int    // of the module's arms
	col, row int
	box      box
}

// grid is where nodes are, before it is known how large anything is.
type grid struct {
	nodes      []node
	cols, rows int
	// first and last are the columns under the roof, indoors the rows: those below are
	// outside the house.
	first, last, indoors int
}

// spread places nodes for a wide picture: callers from outside to the left of the house,
// rooms in it so that most lines go to the right, and lots in rows below it, each in the
// column of its module if there is room. So the picture gets no wider when modules move
// out, and its type no smaller.
func spread(h House) grid {
	columns := columnsOf(h)
	g := grid{first: 1, last: len(columns), cols: len(columns) + 1, indoors: 1}
	lots := 0
	for c, column := range columns {
		inside := 0
		for _, name := range column {
			of, _ := h.Room(name)
			if len(of.Arms) == 0 || of.Arms[0].Here {
				g.nodes = append(g.nodes, node{kind: room, name: name, col: c + 1, row: inside})
				inside++
			}
			for _, arm := range of.Arms {
				if !arm.Here {
					lots++
				}
			}
		}
		g.indoors = max(g.indoors, inside)
	}
	if len(g.nodes) == 0 {
		g.nodes = append(g.nodes, node{kind: vacant, col: 1})
	}
	outside := make([]int, len(columns)+1) // lots, by column
	most := (lots + len(columns) - 1) / len(columns)
	for c, column := range columns {
		for _, name := range column {
			of, _ := h.Room(name)
			for arm := range of.Arms {
				if of.Arms[arm].Here {
					continue
				}
				col := nearest(outside, c+1, most)
				g.nodes = append(g.nodes, node{kind: lot, name: name, arm: arm, col: col, row: g.indoors + outside[col]})
				outside[col]++
			}
		}
	}
	g.rows = max(g.indoors+most, len(h.Callers))
	for i, caller := range h.Callers {
		// At both ends, so that their lines part at once.
		g.nodes = append(g.nodes, node{kind: outsider, name: caller, row: i * (g.rows - 1) / max(1, len(h.Callers)-1)})
	}
	g.settle(h)
	return g
}

// nearest is the column with fewer lots than the most there may be that is nearest to col.
func nearest(lots []int, col, most int) int {
	best := 0
	for c := 1; c < len(lots); c++ {
		if lots[c] < most && (best == 0 || abs(c-col) < abs(best-col)) {
			best = c
		}
	}
	return best
}

// stack places nodes for a narrow picture: all in one column.
func stack(h House) grid {
	g := grid{cols: 1}
	add := func(n node) {
		n.row = g.rows
		g.rows++
		g.nodes = append(g.nodes, n)
	}
	for _, caller := range h.Callers {
		add(node{kind: outsider, name: caller})
	}
	for i := range h.Rooms { // those that call come before those they call
		if r := h.Rooms[len(h.Rooms)-1-i]; len(r.Arms) == 0 || r.Arms[0].Here {
			add(node{kind: room, name: r.Module})
		}
	}
	for _, r := range h.Rooms {
		for arm := range r.Arms {
			if !r.Arms[arm].Here {
				add(node{kind: lot, name: r.Module, arm: arm})
			}
		}
	}
	return g
}

// maxColumns bounds how wide the house is.
const maxColumns = 4

// columnsOf shares the modules out to columns: a module is to the right of those that
// call it, and those that may be in several columns go where there is most room.
func columnsOf(h House) [][]string {
	names := []string{}
	for _, r := range h.Rooms {
		names = append(names, r.Module)
	}
	after := map[string][]string{} // those to the right of a module
	for _, l := range h.Calls {
		if l.Declared && slices.Contains(names, l.Caller) {
			after[l.Caller] = append(after[l.Caller], l.Module)
		}
	}
	height := map[string]int{} // how many columns begin with it, at least
	var measure func(name string, depth int) int
	measure = func(name string, depth int) int {
		if height[name] == 0 && depth < len(names) {
			height[name] = 1
			for _, next := range after[name] {
				height[name] = max(height[name], 1+measure(next, depth+1))
			}
		}
		return height[name]
	}
	deepest := 1
	for _, name := range names {
		deepest = max(deepest, measure(name, 0))
	}
	deepest = max(deepest, int(math.Ceil(math.Sqrt(float64(len(names))))))
	deepest = min(deepest, maxColumns)
	earliest := map[string]int{}
	for i := range names { // in reverse order of need: callers come first
		caller := names[len(names)-1-i]
		for _, next := range after[caller] {
			earliest[next] = min(max(earliest[next], earliest[caller]+1), deepest-1)
		}
	}
	columns := make([][]string, deepest)
	var loose []string
	for i := range names {
		name := names[len(names)-1-i]
		if latest := max(0, deepest-height[name]); latest <= earliest[name] {
			columns[earliest[name]] = append(columns[earliest[name]], name)
		} else {
			loose = append(loose, name)
		}
	}
	for _, name := range loose {
		best := earliest[name]
		for c := best; c <= deepest-height[name]; c++ {
			if len(columns[c]) < len(columns[best]) {
				best = c
			}
		}
		columns[best] = append(columns[best], name)
	}
	return columns
}

// settle reorders the rooms of each column so that lines are short.
func (g *grid) settle(h House) {
	for range 2 * len(g.nodes) {
		better := false
		for i := range g.nodes {
			first, last := g.rowsOf(g.nodes[i].kind)
			for row := first; row <= last; row++ {
				before := g.lengths(h)
				undo := g.swap(i, row)
				if g.lengths(h) < before {
					better = true
				} else {
					undo()
				}
			}
		}
		if !better {
			return
		}
	}
}

// rowsOf are the first and the last row that a kind of node may be in.
func (g *grid) rowsOf(k kind) (first, last int) {
	switch k {
	case room, vacant:
		return 0, g.indoors - 1
	case lot:
		return g.indoors, g.rows - 1
	}
	return 0, g.rows - 1
}

// swap puts a node into another row of its column, and what is there in its place.
func (g *grid) swap(i, row int) (undo func()) {
	was := g.nodes[i].row
	for j := range g.nodes {
		if j != i && g.nodes[j].col == g.nodes[i].col && g.nodes[j].row == row {
			g.nodes[j].row = was
			g.nodes[i].row = row
			return func() { g.nodes[j].row, g.nodes[i].row = row, was }
		}
	}
	g.nodes[i].row = row
	return func() { g.nodes[i].row = was }
}

// lengths is how far lines go up and down in all, those that pass a column twice as far.
func (g *grid) lengths(h House) int {
	sum := 0
	for _, pair := range pairsOf(h) {
		a, b := g.main(pair[0]), g.main(pair[1])
		if a < 0 || b < 0 {
			continue
		}
		from, to := g.nodes[a], g.nodes[b]
		far := (from.row - to.row) * (from.row - to.row) * 2
		if from.col == to.col {
			far += 3
		}
		sum += far
	}
	for _, n := range g.nodes { // and rooms hang from the ceiling
		sum += n.row
	}
	return sum
}

// pairsOf are the two ends of all lines.
func pairsOf(h House) [][2]string {
	var pairs [][2]string
	for _, l := range h.Calls {
		pairs = append(pairs, [2]string{l.Caller, l.Module})
	}
	for _, e := range h.Events {
		if pair := [2]string{e.From, e.To}; !slices.Contains(pairs, pair) {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// main is the node that answers for a module or a caller: its first arm.
func (g *grid) main(name string) int {
	return slices.IndexFunc(g.nodes, func(n node) bool { return n.name == name && n.arm == 0 })
}

func abs(n int) int { return max(n, -n) }
