package floorplan

import (
	"cmp"
	"fmt"
	"strings"
)

// Mermaid draws the house as a Mermaid flowchart, for documents that render it.
func (h House) Mermaid() string {
	var b strings.Builder
	line := func(indent int, format string, args ...any) {
		fmt.Fprintf(&b, strings.Repeat("  ", indent)+format+"\n", args...)
	}
	line(0, "flowchart LR")
	for _, caller := range h.Callers {
		line(1, `%s(["%s"])`, nodeID(caller, 0), caller)
	}
	line(1, `subgraph house["Galleria: the main process"]`)
	for _, r := range h.Rooms {
		if len(r.Arms) == 0 || r.Arms[0].Here {
			line(2, `%s["%s"]`, nodeID(r.Module, 0), r.mermaid(0))
		}
	}
	line(1, "end")
	for _, r := range h.Rooms {
		for i, arm := range r.Arms {
			if arm.Here {
				continue
			}
			line(1, `%s[["%s"]]`, nodeID(r.Module, i), r.mermaid(i))
			if i > 0 {
				line(1, `%s -. "%s" .- %s`, nodeID(r.Module, 0), r.part(), nodeID(r.Module, i))
			}
		}
	}
	for _, l := range h.Calls {
		switch l.Kept {
		case Unused:
			line(1, `%s -. "unused" .-> %s`, nodeID(l.Caller, 0), nodeID(l.Module, 0))
		case NotDeclared:
			line(1, `%s -- "not declared" --x %s`, nodeID(l.Caller, 0), nodeID(l.Module, 0))
		case Broken:
			line(1, `%s == "%s, promise broken" ==> %s`, nodeID(l.Caller, 0), Rate(l.Rate), nodeID(l.Module, 0))
		default:
			line(1, `%s -- "%s" --> %s`, nodeID(l.Caller, 0), Rate(l.Rate), nodeID(l.Module, 0))
		}
	}
	for _, e := range h.Events {
		line(1, `%s -. "%s" .-> %s`, nodeID(e.From, 0), e.Type, nodeID(e.To, 0))
	}
	line(1, "classDef ill stroke-width:3px,stroke:#b06a00")
	line(1, "classDef down stroke-width:3px,stroke:#c0262f")
	for _, r := range h.Rooms {
		if r.Health != Well {
			line(1, "class %s %s", nodeID(r.Module, 0), r.Health)
		}
	}
	return b.String()
}

func nodeID(name string, arm int) string {
	id := strings.ReplaceAll(name, "-", "_")
	if arm > 0 {
		return fmt.Sprintf("%s_%d", id, arm)
	}
	return id
}

// mermaid is the label of an arm of a module.
func (r Room) mermaid(arm int) string {
	words := fmt.Sprintf("%s<br>%s", r.Module, r.Health)
	if len(r.Arms) == 0 {
		return words + "<br>" + cmp.Or(r.Mode, "nowhere")
	}
	if arm > 0 {
		words = fmt.Sprintf("%s<br>%s", r.Module, r.Mode)
	}
	if r.Arms[arm].Here {
		return words
	}
	for _, u := range r.Arms[arm].Units {
		words += "<br>" + u.Address
	}
	return words
}

func (r Room) part() string {
	if r.Mode == "canary" {
		return fmt.Sprintf("%d %%", r.Weight)
	}
	return r.Mode
}
