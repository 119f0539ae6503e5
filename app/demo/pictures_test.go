package demo_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"

	"galleria/app/demo"
)

// harmless reports why an SVG should not be served to a customer: it must be
// drawn from the few elements below and refer to nothing but its own parts.
func harmless(svg []byte) error {
	allowed := map[string]bool{"svg": true, "g": true, "path": true, "circle": true, "ellipse": true, "clipPath": true}
	d := xml.NewDecoder(bytes.NewReader(svg))
	for depth, n := 0, 0; ; n++ {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if n < 10 || depth != 0 {
				return errors.New("nothing is drawn")
			}
			return nil
		}
		if err != nil {
			return fmt.Errorf("not XML: %w", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			if depth == 0 && (e.Name.Local != "svg" || e.Name.Space != "http://www.w3.org/2000/svg") {
				return fmt.Errorf("the root is %s in %q", e.Name.Local, e.Name.Space)
			}
			depth++
			if !allowed[e.Name.Local] {
				return fmt.Errorf("element %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				name := a.Name.Local
				local := strings.HasPrefix(a.Value, "url(#")
				if strings.HasPrefix(name, "on") || name == "href" || name == "style" || strings.Contains(a.Value, "url(") && !local {
					return fmt.Errorf("attribute %s=%q", name, a.Value)
				}
			}
		case xml.EndElement:
			depth--
		case xml.CharData:
			if len(bytes.TrimSpace(e)) > 0 {
				return fmt.Errorf("text %q", e)
			}
		default:
			return fmt.Errorf("%T", token)
		}
	}
}

func TestDrawingsAreSmallAndHarmless(t *testing.T) {
	names, err := fs.Glob(demo.Pictures(), "*.svg")
	if err != nil || len(names) == 0 {
		t.Fatalf("no drawings: %v", err)
	}
	for _, name := range names {
		svg, err := fs.ReadFile(demo.Pictures(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := harmless(svg); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !bytes.Contains(svg, []byte(`viewBox="0 0 800 800"`)) {
			t.Errorf("%s: want the common viewBox 0 0 800 800", name)
		}
		if len(svg) > 4096 {
			t.Errorf("%s: got %d bytes, want at most 4096", name, len(svg))
		}
	}
}

func TestHarmlessRefusesWhatItShould(t *testing.T) {
	const filler = `<g/><g/><g/><g/><g/><g/>`
	for name, body := range map[string]string{
		"script":        `<script>alert(1)</script>`,
		"handler":       `<path onload="x()"/>`,
		"outside link":  `<path href="https://example.com/"/>`,
		"outside paint": `<path fill="url(https://example.com/a.svg#b)"/>`,
		"style":         `<path style="fill:red"/>`,
		"text":          `hello`,
		"unclosed":      `<g>`,
	} {
		svg := `<svg xmlns="http://www.w3.org/2000/svg">` + filler + body + `</svg>`
		if err := harmless([]byte(svg)); err == nil {
			t.Errorf("%s was let through", name)
		}
	}
}

func TestPlaceholderIsHarmlessWhateverTheName(t *testing.T) {
	names := []string{"", "mug.jpg", "6579c22f-be2b.jpg", `"><script>alert(1)</script>`, "a&b<c>.png", "日本.webp", "\x00\xff", "../../etc/passwd"}
	for i := range 300 {
		names = append(names, fmt.Sprintf("picture-%d.jpg", i))
	}
	for i, name := range names {
		category := []string{"kitchen", "apparel", "", `x" onload="y`}[i%4]
		svg := demo.Placeholder(name, category)
		if err := harmless(svg); err != nil {
			t.Errorf("placeholder of %q in %q: %v", name, category, err)
		}
		if len(svg) > 4096 {
			t.Errorf("placeholder of %q: got %d bytes, want at most 4096", name, len(svg))
		}
	}
}

func TestPlaceholderDependsOnNameAndCategoryOnly(t *testing.T) {
	first := demo.Placeholder("vase.jpg", "homedecor")
	if again := demo.Placeholder("vase.jpg", "homedecor"); !bytes.Equal(first, again) {
		t.Error("the same name and category gave two drawings, want one")
	}
	different := map[string]bool{}
	for i := range 100 {
		different[string(demo.Placeholder(fmt.Sprintf("vase-%d.jpg", i), "homedecor"))] = true
	}
	if got, want := len(different), 95; got < want {
		t.Errorf("100 names gave %d drawings, want at least %d", got, want)
	}
	if bytes.Equal(first, demo.Placeholder("vase.jpg", "beauty")) {
		t.Error("two categories gave the same drawing, want different colours")
	}
}

func TestPlaceholderTakesTheColoursOfTheCategory(t *testing.T) {
	records := rows(t, demo.CSV())
	for _, p := range records {
		drawn, err := fs.ReadFile(demo.Pictures(), p["image"])
		if err != nil {
			t.Fatal(err)
		}
		// The wall is the first thing painted in both.
		wall := strings.SplitAfter(string(drawn), "/>")[0]
		wall = wall[strings.Index(wall, `fill="`):][:13]
		if got := string(demo.Placeholder("unknown.jpg", p["category"])); !strings.Contains(strings.SplitAfter(got, "/>")[0], wall) {
			t.Errorf("wall in %s: placeholder starts %.120q, want %s", p["category"], got, wall)
		}
	}
}
