package pictures

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
)

// recipe numbers the way sizes are made; raise it with a change that pictures added
// before should get too when they are added again.
const recipe = 1

// widths are those a picture is made in, as far as it is wide enough. The list of
// a telephone, the page of one, and the page on a sharp screen.
var widths = []int{320, 640, 1280}

// quality is that of JPEG: at 82 people see no difference, at half the bytes of 92.
const quality = 82

// encoded is a picture in one width, as a file.
type encoded struct {
	data          []byte
	ending        string
	width, height int
}

// sizesOf makes a picture in its widths, the narrowest first. Nothing is made wider
// than it is.
func sizesOf(from image.Image, turn int, lossless bool) ([]encoded, error) {
	size := from.Bounds().Size()
	if turn >= 5 {
		size.X, size.Y = size.Y, size.X
	}
	var wanted []int
	for _, w := range widths {
		if w < size.X {
			wanted = append(wanted, w)
		}
	}
	if len(wanted) < len(widths) {
		wanted = append(wanted, size.X)
	}
	all := make([]encoded, len(wanted))
	// The widest is made of the original, and each other one of the next wider.
	var drawn image.Image
	for i := len(wanted) - 1; i >= 0; i-- {
		width := wanted[i]
		height := max(1, (width*size.Y+size.X/2)/size.X)
		if drawn == nil {
			flat := image.Pt(width, height)
			if turn >= 5 {
				flat.X, flat.Y = flat.Y, flat.X
			}
			drawn = turned(scaled(from, flat), turn)
		} else {
			drawn = scaled(drawn, image.Pt(width, height))
		}
		file, err := encode(drawn.(*image.RGBA), lossless)
		if err != nil {
			return nil, err
		}
		all[i] = file
	}
	return all, nil
}

func scaled(from image.Image, size image.Point) *image.RGBA {
	to := image.NewRGBA(image.Rectangle{Max: size})
	if from.Bounds().Size() == size {
		draw.Draw(to, to.Bounds(), from, from.Bounds().Min, draw.Src)
	} else {
		draw.CatmullRom.Scale(to, to.Bounds(), from, from.Bounds(), draw.Src, nil)
	}
	return to
}

// turned makes a picture upright that was stored as EXIF's number says.
func turned(from *image.RGBA, turn int) *image.RGBA {
	w, h := from.Rect.Dx(), from.Rect.Dy()
	var source func(x, y int) (int, int) // of a pixel of the upright one
	switch turn {
	case 2:
		source = func(x, y int) (int, int) { return w - 1 - x, y }
	case 3:
		source = func(x, y int) (int, int) { return w - 1 - x, h - 1 - y }
	case 4:
		source = func(x, y int) (int, int) { return x, h - 1 - y }
	case 5:
		source = func(x, y int) (int, int) { return y, x }
	case 6:
		source = func(x, y int) (int, int) { return y, h - 1 - x }
	case 7:
		source = func(x, y int) (int, int) { return w - 1 - y, h - 1 - x }
	case 8:
		source = func(x, y int) (int, int) { return w - 1 - y, x }
	default:
		return from
	}
	size := image.Pt(w, h)
	if turn >= 5 {
		size = image.Pt(h, w)
	}
	to := image.NewRGBA(image.Rectangle{Max: size})
	for y := range size.Y {
		for x := range size.X {
			to.SetRGBA(x, y, from.RGBAAt(source(x, y)))
		}
	}
	return to
}

// encode makes a file of pixels and nothing else. Photographs are smallest as JPEG:
// as lossless WebP they measured five to seven times that. What has transparent
// parts needs PNG; what came without loss, such as a diagram, gets the smaller one.
func encode(m *image.RGBA, lossless bool) (encoded, error) {
	e := encoded{width: m.Rect.Dx(), height: m.Rect.Dy()}
	var asJPEG, asPNG bytes.Buffer
	opaque := m.Opaque()
	if opaque {
		if err := jpeg.Encode(&asJPEG, m, &jpeg.Options{Quality: quality}); err != nil {
			return encoded{}, err
		}
	}
	if !opaque || lossless {
		if err := png.Encode(&asPNG, m); err != nil {
			return encoded{}, err
		}
	}
	if !opaque || lossless && asPNG.Len() < asJPEG.Len() {
		e.data, e.ending = asPNG.Bytes(), ".png"
	} else {
		e.data, e.ending = asJPEG.Bytes(), ".jpg"
	}
	return e, nil
}
