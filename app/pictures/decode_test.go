package pictures_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/pictures"
)

// smallWebP is one grey pixel.
const smallWebP = "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"

func TestAPictureIsMadeInTheWidthsPagesShow(t *testing.T) {
	for name, c := range map[string]struct {
		width, height int
		want          []string
	}{
		"wide":       {1400, 700, []string{"320 × 160", "640 × 320", "1280 × 640"}},
		"as wide":    {1280, 640, []string{"320 × 160", "640 × 320", "1280 × 640"}},
		"in between": {900, 900, []string{"320 × 320", "640 × 640", "900 × 900"}},
		"small":      {100, 200, []string{"100 × 200"}},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := newStore(t)
			add(t, s, "mug.jpg", asJPEG(t, painted(c.width, c.height)))
			p, ok := s.Find("mug.jpg")
			if !ok {
				t.Fatal("the picture is not found")
			}
			var got []string
			for _, size := range p.Sizes {
				m, b := stored(t, s, size)
				if shape := m.Bounds().Size(); shape != (image.Point{size.Width, size.Height}) || int64(len(b)) != size.Bytes {
					t.Errorf("the file has %v and %d bytes, and is listed as %+v", shape, len(b), size)
				}
				got = append(got, fmt.Sprintf("%d × %d", size.Width, size.Height))
			}
			if strings.Join(got, ", ") != strings.Join(c.want, ", ") {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestEveryKindIsTaken(t *testing.T) {
	webp, err := base64.StdEncoding.DecodeString(smallWebP)
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"a.jpg": asJPEG(t, painted(40, 40)), "a.png": asPNG(t, painted(40, 40)), "a.gif": asGIF(t, painted(40, 40)), "a.webp": webp,
		"moving.gif": asGIF(t, painted(40, 40), photograph(40, 40)), "called-otherwise.txt": asPNG(t, painted(40, 40)),
	} {
		s, _ := newStore(t)
		add(t, s, name, file)
		p, _ := s.Find(name)
		m, _ := stored(t, s, p.Sizes[0])
		if r, _, b, _ := m.At(m.Bounds().Dx()/4, m.Bounds().Dy()/2).RGBA(); name != "a.webp" && r < 2*b {
			t.Errorf("%s: the left half is not red: %v", name, m.At(10, 20))
		}
	}
}

// TestPhotographsBecomeJPEGAndCutOutsStayTransparent: and a diagram is not blurred
// where that would even be bigger.
func TestPhotographsBecomeJPEGAndCutOutsStayTransparent(t *testing.T) {
	cut := painted(400, 400)
	for i := range 100 {
		cut.SetNRGBA(200+i, 300, color.NRGBA{})
	}
	for name, c := range map[string]struct {
		file   []byte
		ending string
	}{
		"photograph": {asJPEG(t, photograph(400, 400)), ".jpg"}, "photograph as PNG": {asPNG(t, photograph(400, 400)), ".jpg"},
		"cut-out": {asPNG(t, cut), ".png"}, "diagram": {asPNG(t, painted(400, 400)), ".png"},
	} {
		s, _ := newStore(t)
		add(t, s, "a", c.file)
		p, _ := s.Find("a")
		for _, size := range p.Sizes {
			m, _ := stored(t, s, size)
			if _, _, _, a := m.At(250*size.Width/400, 300*size.Height/400).RGBA(); size.Ending != c.ending || (a == 0xffff) == (name == "cut-out") {
				t.Errorf("%s: got %s with alpha %x, want %s", name, size.Ending, a, c.ending)
			}
		}
	}
}

// TestPicturesAreTurnedAndTellNothingElse: cameras store a picture as they were held,
// and beside it where that was.
func TestPicturesAreTurnedAndTellNothingElse(t *testing.T) {
	// Where the green stripe is and where the red half of the upright picture is, of
	// a file stored upright and marked with each number.
	corners := map[int]string{
		1: "top left", 2: "top right", 3: "bottom right", 4: "bottom left",
		5: "left top", 6: "right top", 7: "right bottom", 8: "left bottom",
	}
	for turn, want := range corners {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			for kind, file := range map[string][]byte{"JPEG": asJPEG(t, painted(400, 200)), "PNG": asPNG(t, painted(400, 200))} {
				s, _ := newStore(t)
				file = withEXIF(file, exif(order, turn))
				if !bytes.Contains(file, []byte(secret)) {
					t.Fatal("the sample tells nothing")
				}
				add(t, s, "a", file)
				p, _ := s.Find("a")
				for _, size := range p.Sizes {
					m, b := stored(t, s, size)
					if got := whereIs(m); got != want {
						t.Errorf("%s marked %d, %v, %d wide: got green and red at the %s, want %s", kind, turn, order, size.Width, got, want)
					}
					if bytes.Contains(b, []byte(secret)) || bytes.Contains(b, []byte("Exif")) {
						t.Errorf("%s: the stored file tells what the camera wrote", kind)
					}
				}
			}
		}
	}
}

// whereIs tells the side of the green stripe, and on which end of it the red half is.
func whereIs(m image.Image) string {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	is := func(x, y int) string {
		r, g, b, _ := m.At(x, y).RGBA()
		switch max(r, g, b) {
		case r:
			return "red"
		case g:
			return "green"
		}
		return "blue"
	}
	ends := func(stripe, a, b string, ax, ay, bx, by int) string {
		if is(ax, ay) == "red" && is(bx, by) == "blue" {
			return stripe + " " + a
		}
		return stripe + " " + b
	}
	switch "green" {
	case is(w/4, h/16):
		return ends("top", "left", "right", w/8, h/2, w*7/8, h/2)
	case is(w/4, h-1-h/16):
		return ends("bottom", "left", "right", w/8, h/2, w*7/8, h/2)
	case is(w/16, h/2):
		return ends("left", "top", "bottom", w/2, h/8, w/2, h*7/8)
	}
	return ends("right", "top", "bottom", w/2, h/8, w/2, h*7/8)
}

func TestWhatIsNotSafeOrNoPictureIsRefusedWithAReason(t *testing.T) {
	claims := func(w, h uint32) []byte { // a small file that says it has many pixels
		file := bytes.Clone(asPNG(t, painted(8, 8)))
		binary.BigEndian.PutUint32(file[16:], w)
		binary.BigEndian.PutUint32(file[20:], h)
		return withChecksum(file)
	}
	small := asJPEG(t, painted(64, 64))
	scans := bytes.Clone(small[:len(small)-2])
	for range 101 {
		scans = append(scans, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0)
	}
	manyPixels := bytes.Clone(asGIF(t, painted(8, 8)))
	binary.LittleEndian.PutUint16(manyPixels[6:], 60000)
	binary.LittleEndian.PutUint16(manyPixels[8:], 60000)
	moving := append([]byte("RIFF\x20\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x02\x00\x00\x00\x3f\x00\x00\x3f\x00\x00"), "ANIM\x06\x00\x00\x00\x00\x00\x00\x00\x00\x00"...)
	for name, c := range map[string]struct {
		file []byte
		says string
	}{
		"empty":             {nil, "empty"},
		"text":              {[]byte("sku,name\n"), "no picture"},
		"SVG":               {[]byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "SVG"},
		"page":              {[]byte(`<html><script>alert(1)</script>`), "no picture"},
		"HEIC":              {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00"), "HEIC"},
		"too many bytes":    {append(bytes.Clone(small), make([]byte, 32<<20)...), "32 MiB are the most"},
		"too many pixels":   {claims(50_000, 50_000), "50 million are the most"},
		"overflowing":       {claims(1<<31-1, 1<<31-1), ""},
		"no pixels":         {claims(0, 8), ""},
		"GIF of many":       {manyPixels, "50 million are the most"},
		"a line":            {asPNG(t, painted(900, 100)), "cut it"},
		"many scans":        {scans, "102 times"},
		"moving WebP":       {moving, "stands still"},
		"broken off JPEG":   {small[:len(small)/2], "damaged"},
		"broken off PNG":    {asPNG(t, photograph(64, 64))[:4000], "damaged"},
		"nothing but begin": {[]byte("\xff\xd8\xff"), "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			s, dir := newStore(t)
			_, err := s.Add(t.Context(), "a.jpg", c.file)
			if refused := new(pictures.RefusedError); !errors.As(err, &refused) || !strings.Contains(refused.Reason, c.says) {
				t.Errorf("got %v, want it refused with %q", err, c.says)
			}
			if left := filesIn(t, dir); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
}

func TestNamesThatLeadElsewhereAreRefused(t *testing.T) {
	s, dir := newStore(t)
	for _, name := range []string{"", "../a.jpg", "a/b.jpg", "/etc/a.jpg", `a\b.jpg`, ".hidden.jpg", "a b.jpg", "a\x00.jpg", "é.jpg", strings.Repeat("a", 129)} {
		if _, err := s.Add(t.Context(), name, asJPEG(t, painted(8, 8))); err == nil {
			t.Errorf("%q was taken", name)
		}
		if _, ok := s.Find(name); ok {
			t.Errorf("%q is found", name)
		}
		if missing, err := s.Remove(name); err != nil || len(missing) != 1 {
			t.Errorf("remove %q: got %v, %v", name, missing, err)
		}
	}
	for _, at := range []string{"names", "files"} {
		if err := os.MkdirAll(filepath.Join(dir, at), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	outside := filepath.Join(dir, "outside.jpg")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{"../outside", ".jpg"}, {strings.Repeat("a", 32), ".json"}, {strings.Repeat("a", 32), "/../../lock"}} {
		if f, err := s.Open(c[0], c[1]); err == nil {
			t.Errorf("%v opens %s", c, f.Name())
		}
	}
	if left := filesIn(t, dir); len(left) > 0 {
		t.Errorf("they left %v", left)
	}
}

// FuzzAdd looks for files that make the decoder panic or store something that can't
// be shown.
func FuzzAdd(f *testing.F) {
	f.Add(withEXIF(asJPEG(f, painted(40, 20)), exif(binary.BigEndian, 6)))
	f.Add(withEXIF(asPNG(f, painted(40, 20)), exif(binary.LittleEndian, 8)))
	f.Add(asGIF(f, painted(40, 20)))
	webp, _ := base64.StdEncoding.DecodeString(smallWebP)
	f.Add(webp)
	f.Fuzz(func(t *testing.T, file []byte) {
		if len(file) > 1<<16 {
			return
		}
		s, _ := newStore(t)
		if _, err := s.Add(t.Context(), "a", file); err != nil {
			if refused := new(pictures.RefusedError); !errors.As(err, &refused) {
				t.Fatal(err)
			}
			return
		}
		p, _ := s.Find("a")
		for _, size := range p.Sizes {
			stored(t, s, size)
		}
	})
}
