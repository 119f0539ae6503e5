package pictures

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// What a picture may have, looked at before it is decoded.
const (
	mostBytes  = 32 << 20
	mostPixels = 50_000_000 // the biggest of today's telephones
	// mostScans is how often a JPEG file may go over its picture. Real ones do it
	// some ten times; each time costs as much as the picture has pixels.
	mostScans = 100
	// narrowest is the least width of a picture for its height, and the other way.
	narrowest = 8
)

// kind is a kind of picture files that are taken.
type kind struct {
	name     string
	begins   string // "?" is any byte
	config   func(io.Reader) (image.Config, error)
	decode   func(io.Reader) (image.Image, error)
	lossless bool
}

// kinds are all of them. Of moving pictures the first one is taken: the decoder of
// GIF reads no further; a moving WebP has none of its own, and is refused.
var kinds = []kind{
	{"JPEG", "\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode, false},
	{"PNG", "\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode, true},
	{"GIF", "GIF8?a", gif.DecodeConfig, gif.Decode, true},
	{"WebP", "RIFF????WEBP", webp.DecodeConfig, webp.Decode, true},
}

// kindOf tells the kind of a file by how it begins, whatever it is called.
func kindOf(file []byte) (kind, bool) {
next:
	for _, k := range kinds {
		if len(file) < len(k.begins) {
			continue
		}
		for i := range len(k.begins) {
			if k.begins[i] != '?' && k.begins[i] != file[i] {
				continue next
			}
		}
		return k, true
	}
	return kind{}, false
}

// make checks a picture, and makes its sizes.
func (s *Store) make(ctx context.Context, original []byte) (all []encoded, err error) {
	err = s.decoded(ctx, original, func(m image.Image, turn int, lossless bool) error {
		all, err = sizesOf(m, turn, lossless)
		return err
	})
	return all, err
}

// decoded checks a picture and reads it, for do. Of all that are read at a time the
// pixels are bounded.
func (s *Store) decoded(ctx context.Context, original []byte, do func(m image.Image, turn int, lossless bool) error) error {
	if len(original) > mostBytes {
		return refuse("it has %s, and %s are the most; make it smaller", mebibytes(int64(len(original))), mebibytes(mostBytes))
	}
	k, ok := kindOf(original)
	if !ok {
		return refuse("it is %s; save it as JPEG, PNG, GIF or WebP", whatElse(original))
	}
	shape, err := k.config(bytes.NewReader(original))
	if err != nil {
		return refuse("it can't be read as %s (%v); it may be damaged: save it again", k.name, err)
	}
	if err := checkShape(shape.Width, shape.Height); err != nil {
		return err
	}
	facts := factsOf(k.name, original)
	if facts.moving && k.name == "WebP" {
		return refuse("it is a moving picture; save one that stands still")
	}
	if facts.scans > mostScans {
		return refuse("it goes over its picture %d times, and %d are the most; save it again", facts.scans, mostScans)
	}
	pixels := int64(shape.Width) * int64(shape.Height)
	if err := s.pixels.Acquire(ctx, pixels); err != nil {
		return fmt.Errorf("stopped: %w", err)
	}
	defer s.pixels.Release(pixels)
	decoded, err := k.decode(bytes.NewReader(original))
	if err != nil {
		return refuse("it can't be read as %s (%v); it may be damaged: save it again", k.name, err)
	}
	if size := decoded.Bounds().Size(); size.X*size.Y > shape.Width*shape.Height || size.X < 1 || size.Y < 1 {
		return refuse("it has another size than it says; it may be damaged: save it again")
	}
	return do(decoded, facts.turn, k.lossless)
}

// checkShape refuses a picture that has no pixels, too many of them, or a side so short
// beside the other that nothing can be seen.
func checkShape(width, height int) error {
	switch {
	case width < 1 || height < 1:
		return refuse("it has no pixels: %d × %d", width, height)
	case int64(width)*int64(height) > mostPixels:
		return refuse("it has %d × %d pixels, and %d million are the most; make it smaller", width, height, mostPixels/1_000_000)
	case max(width, height) > narrowest*min(width, height):
		return refuse("it has %d × %d pixels: one side is more than %d times the other; cut it", width, height, narrowest)
	}
	return nil
}

// whatElse says what a file is that is no picture we take.
func whatElse(file []byte) string {
	head := file[:min(len(file), 1024)]
	brand := ""
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		brand = string(head[8:12])
	}
	switch {
	case len(file) == 0:
		return "empty"
	case bytes.Contains(head, []byte("<svg")) || bytes.Contains(head, []byte("<!DOCTYPE svg")):
		return "an SVG drawing, which could hold a program"
	case brand == "avif" || brand == "avis":
		return "an AVIF picture, which is not read yet"
	case brand == "heic" || brand == "heix" || brand == "mif1" || brand == "msf1":
		return "a HEIC picture, which browsers do not show"
	case bytes.HasPrefix(head, []byte("II*\x00")) || bytes.HasPrefix(head, []byte("MM\x00*")):
		return "a TIFF picture, which browsers do not show"
	case bytes.HasPrefix(head, []byte("BM")):
		return "a BMP picture"
	}
	return "no picture of a kind that is known"
}
