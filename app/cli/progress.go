package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress draws a bar of how much of a file was read, on a terminal only.
type progress struct {
	to    io.Writer // nil: not drawn
	total int64
	read  int64
	shown int
}

const barWidth = 40

func newProgress(stderr io.Writer, total int64) *progress {
	p := &progress{total: total, shown: -1}
	if file, ok := stderr.(*os.File); ok && total > 0 {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.to = stderr
		}
	}
	return p
}

// reading is r with the bar following what is read of it.
func (p *progress) reading(r io.Reader) io.Reader {
	return io.TeeReader(r, p)
}

// Write counts what was read.
func (p *progress) Write(b []byte) (int, error) {
	p.read += int64(len(b))
	if p.to != nil {
		percent := int(min(p.read*100/p.total, 100))
		if percent != p.shown {
			p.shown = percent
			full := percent * barWidth / 100
			fmt.Fprintf(p.to, "\r[%s%s] %3d%%", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), percent)
		}
	}
	return len(b), nil
}

// done leaves the line to what comes after.
func (p *progress) done() {
	if p.to != nil && p.shown >= 0 {
		fmt.Fprintln(p.to)
	}
}
