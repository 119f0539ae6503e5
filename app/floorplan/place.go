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
	// vacant is the room of a module that has moved out.
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
	// first and last are the columns under the roof.
	first, last int
}

// spread places nodes for a wide picture: callers from outside to the left of the house,
// rooms in it so that most lines go to the right, and lots to the right of it, each as
// near to the row of its module as there is room.
func spread(h House) grid {
	columns := columnsOf(h)
	g := grid{first: 1, last: len(columns), rows: len(h.Callers)}
	for _, column := range columns {
		g.rows = max(g.rows, len(column))
	}
	for i, caller := range h.Callers {
		// At both ends, so that their lines part at once.
		g.nodes = append(g.nodes, node{kind: outsider, name: caller, row: i * (g.rows - 1) / max(1, len(h.Callers)-1)})
	}
	for c, column := range columns {
		for r, name := range column {
			of, _ := h.Room(name)
			n := node{kind: room, name: name, col: c + 1, row: r}
			if len(of.Arms) > 0 && !of.Arms[0].Here {
				n.kind = vacant
			}
			g.nodes = append(g.nodes, n)
		}
	}
	g.settle(h)
	taken := map[[2]int]bool{}
	for _, r := range h.Rooms {
		for arm := range r.Arms {
			if r.Arms[arm].Here {
				continue
			}
			at := g.free(g.rowOf(r.Module), taken)
			taken[at] = true
			g.nodes = append(g.nodes, node{kind: lot, name: r.Module, arm: arm, col: at[0], row: at[1]})
		}
	}
	g.cols = g.last + 1
	for _, n := range g.nodes {
		g.cols = max(g.cols, n.col+1)
	}
	return g
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
			for row := range g.rows {
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
		a, b := g.find(pair[0]), g.find(pair[1])
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

func (g *grid) find(name string) int {
	return slices.IndexFunc(g.nodes, func(n node) bool { return n.name == name && n.kind != lot })
}

func (g *grid) rowOf(name string) int {
	if i := g.find(name); i >= 0 {
		return g.nodes[i].row
	}
	return 0
}

// free is the place outside the house that is nearest to it, and then to the row.
func (g *grid) free(row int, taken map[[2]int]bool) [2]int {
	for col := g.last + 1; ; col++ {
		best, found := 0, false
		for r := range g.rows {
			if !taken[[2]int{col, r}] && (!found || abs(r-row) < abs(best-row)) {
				best, found = r, true
			}
		}
		if found && (abs(best-row) <= 1 || col > g.last+1) {
			return [2]int{col, best}
		}
	}
}

func abs(n int) int { return max(n, -n) }
