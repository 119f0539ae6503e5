package console

import (
	"fmt"
	"html"
	"strconv"
	"strings"
	"unicode/utf8"

	"galleria/platform/money"
)

// plotted is one bar of a plot: a value, what stands below it (may be empty), and what it
// is in words.
type plotted struct {
	value       int64
	below, text string
}

// The size of a plot in the units of its picture. Its type is larger on a phone, where
// the picture is drawn smaller: a letter takes up to plotLetter.
const (
	plotWide, plotHigh = 800, 190
	plotTop, plotFoot  = 20, 34
	plotLetter         = 13
)

// plot draws bars as SVG in the colours of the page. Every bar has its words as a title, and
// the table behind it has all figures. high says what a line stands for.
func plot(name string, bars []plotted, high func(int64) string) string {
	top := int64(1)
	for _, b := range bars {
		top = max(top, b.value)
	}
	top = ceiling(top)
	plotLeft := 0
	for i := range int64(3) {
		plotLeft = max(plotLeft, 8+plotLetter*utf8.RuneCountInString(high(top*i/2)))
	}
	var s strings.Builder
	fmt.Fprintf(&s, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, plotWide, plotHigh+plotFoot, html.EscapeString(name))
	for i := range 3 {
		y := plotTop + (plotHigh-plotTop)*i/2
		fmt.Fprintf(&s, `<line class="grid" x1="%d" x2="%d" y1="%d" y2="%d"/>`, plotLeft, plotWide, y, y)
		fmt.Fprintf(&s, `<text class="axis" x="%d" y="%d" text-anchor="end">%s</text>`, plotLeft-8, y+4, html.EscapeString(high(top*int64(2-i)/2)))
	}
	step := float64(plotWide-plotLeft) / float64(max(1, len(bars)))
	for i, b := range bars {
		x, height := float64(plotLeft)+step*float64(i), float64(plotHigh-plotTop)*float64(b.value)/float64(top)
		if b.value > 0 {
			height = max(height, 2)
		}
		fmt.Fprintf(&s, `<rect class="bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s</title></rect>`, x+step*.12, plotHigh-height, step*.76, height, html.EscapeString(b.text))
		if b.below != "" {
			fmt.Fprintf(&s, `<text class="axis" x="%.1f" y="%d" text-anchor="middle">%s</text>`, x+step/2, plotHigh+26, html.EscapeString(b.below))
		}
	}
	s.WriteString("</svg>")
	return s.String()
}

// mark is a number beside a line of a plot, short enough for a phone: 250, 1.5k, 20M.
func mark(f float64) string {
	for _, unit := range []struct {
		least  float64
		letter string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if f >= unit.least {
			return strconv.FormatFloat(f/unit.least, 'f', -1, 64) + unit.letter
		}
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// moneyMark is mark for minor units of a currency.
func moneyMark(currency string) func(minor int64) string {
	return func(minor int64) string {
		m, err := money.New(currency, minor)
		if err != nil {
			return mark(float64(minor))
		}
		f, _ := strconv.ParseFloat(m.Decimal(), 64) // a decimal number by its making
		return mark(f)
	}
}

// ceiling is the next number of which the half is round, too: 2, 4, 10, 20, 40, 100, …
func ceiling(n int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, m := range []int64{2, 4, 10} {
			if m*unit >= n || unit > 1e17 {
				return m * unit
			}
		}
	}
}
