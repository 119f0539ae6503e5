package pictures

import (
	"context"
	"image"
)

// logoBox is what a logo has at most, twice what is shown of it: screens differ.
var logoBox = image.Pt(480, 96)

// mostLogo bounds a logo's bytes: every visitor gets it.
const mostLogo = 64 << 10

// Logo makes a small file of a picture, which is not kept in the store. Its error is a
// RefusedError when the picture is no good.
func (s *Store) Logo(ctx context.Context, original []byte) (file []byte, err error) {
	err = s.decoded(ctx, original, func(m image.Image, turn int, lossless bool) error {
		size := m.Bounds().Size()
		if turn >= 5 {
			return refuse("it is stored on its side; save it upright")
		}
		to := size
		if to.X > logoBox.X {
			to = image.Pt(logoBox.X, max(1, size.Y*logoBox.X/size.X))
		}
		if to.Y > logoBox.Y {
			to = image.Pt(max(1, size.X*logoBox.Y/size.Y), logoBox.Y)
		}
		made, err := encode(turned(scaled(m, to), turn), lossless)
		if err == nil && len(made.data) > mostLogo {
			err = refuse("it has more than 64 KiB also when it is small; a logo with fewer colours is smaller")
		}
		file = made.data
		return err
	})
	return file, err
}
