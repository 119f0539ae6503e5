package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress draws a bar of how much of a file is done.
type progress struct {
	to    io.Writer // nil: not drawn
	shown int       // percent, as drawn last
}

const barWidth = 40

// terminal is w when a person looks at it, else nil: a bar in a log file is
// only noise.
func terminal(w io.Writer) io.Writer {
	file, ok := w.(*os.File)
	if !ok {
		return nil
	}
	if info, err := file.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return w
}

func (p *progress) show(done, total int64) {
	if p.to == nil || total <= 0 {
		return
	}
	percent := int(min(done*100/total, 100))
	if percent == p.shown {
		return
	}
	p.shown = percent
	full := percent * barWidth / 100
	fmt.Fprintf(p.to, "\r[%s%s] %3d%%", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), percent)
}

// done leaves the line to what comes after.
func (p *progress) done() {
	if p.to != nil && p.shown >= 0 {
		fmt.Fprintln(p.to)
	}
}
