package floorplan

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The contrasts that WCAG wants at AA: 4.5 for text, 3 for lines and signs.
func TestColoursCanBeToldFromTheirGroundInBothLooks(t *testing.T) {
	light, dark, _ := strings.Cut(Stylesheet(), "@media")
	for look, css := range map[string]string{"light": light, "dark": dark} {
		colour := map[string]float64{}
		for _, m := range regexp.MustCompile(`--fp-([a-z-]+):#([0-9a-f]{3,6})`).FindAllStringSubmatch(css, -1) {
			colour[m[1]] = luminance(t, m[2])
		}
		check := func(least float64, front, ground string) {
			t.Helper()
			a, b := colour[front], colour[ground]
			if a == 0 && b == 0 {
				t.Fatalf("%s: no colours %s and %s", look, front, ground)
			}
			if got := (math.Max(a, b) + 0.05) / (math.Min(a, b) + 0.05); got < least {
				t.Errorf("%s: %s on %s has contrast %.2f, want %.1f", look, front, ground, got, least)
			}
		}
		for _, ground := range []string{"ground", "floor", "wall"} {
			for _, text := range []string{"ink", "soft", "well", "ill", "down"} {
				check(4.5, text, ground)
			}
			for _, line := range []string{"kept", "nearly", "broken", "event", "undeclared", "idle", "edge"} {
				check(3, line, ground)
			}
		}
		check(4.5, "roof-ink", "roof")
		for _, disc := range []string{"well", "ill", "down"} {
			check(4.5, "on", disc)
		}
	}
}

func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(n) / 255
		if c <= 0.03928 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}
