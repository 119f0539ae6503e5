package floorplan

// untangle reorders tracks and ports as long as that leaves fewer crossings. It tries
// neighbours only, in a fixed order: the same house always gives the same picture.
func (l *layout) untangle() {
	orders := l.orders()
	for range 8 {
		better := false
		for _, o := range orders {
			for i := 0; i+1 < o.n; i++ {
				a, b := o.wires(i)
				before := l.crossings(a, b)
				o.swap(i)
				l.drawOne(a)
				l.drawOne(b)
				if l.crossings(a, b) < before {
					better = true
					continue
				}
				o.swap(i)
				l.drawOne(a)
				l.drawOne(b)
			}
		}
		if !better {
			return
		}
	}
}

// order is a list whose neighbours can be swapped.
type order struct {
	n     int
	wires func(i int) (a, b int) // of the neighbours i and i+1
	swap  func(i int)
}

func (l *layout) orders() []order {
	var all []order
	for row := range l.rows {
		for gutter := range l.cols + 1 {
			ports := l.ports[[2]int{gutter, row}]
			all = append(all, order{
				len(ports),
				func(i int) (int, int) { return ports[i].wire, ports[i+1].wire },
				func(i int) { ports[i], ports[i+1] = ports[i+1], ports[i] },
			})
		}
	}
	for _, tracks := range append(append([][]int{}, l.gutters...), l.corridors...) {
		all = append(all, order{
			len(tracks),
			func(i int) (int, int) { return tracks[i], tracks[i+1] },
			func(i int) { tracks[i], tracks[i+1] = tracks[i+1], tracks[i] },
		})
	}
	return all
}

// crossings counts how often two wires cross others, and each other.
func (l *layout) crossings(a, b int) (n int) {
	for i := range l.wires {
		if i != a {
			n += cross(l.wires[a].points, l.wires[i].points)
		}
		if i != a && i != b {
			n += cross(l.wires[b].points, l.wires[i].points)
		}
	}
	return n
}

func cross(a, b []point) int { return meet(a, b) + meet(b, a) }

// meet counts how often level stretches of one wire meet upright ones of another. A wire
// begins with a level stretch, and each bend leads from one kind to the other.
func meet(a, b []point) (n int) {
	for i := 1; i < len(a); i += 2 {
		y, left, right := a[i].y, min(a[i-1].x, a[i].x), max(a[i-1].x, a[i].x)
		for j := 2; j < len(b); j += 2 {
			if x := b[j].x; left < x && x < right && min(b[j-1].y, b[j].y) < y && y < max(b[j-1].y, b[j].y) {
				n++
			}
		}
	}
	return n
}
