package pictures_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"galleria/app/pictures"
)

// painted is a picture with a red half on the left and a blue one on the right, and
// a green stripe on top.
func painted(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			c := color.NRGBA{220, 30, 30, 255}
			if x >= w/2 {
				c = color.NRGBA{30, 30, 220, 255}
			}
			if y < h/4 {
				c = color.NRGBA{30, 200, 30, 255}
			}
			m.SetNRGBA(x, y, c)
		}
	}
	return m
}

// photograph is a picture without flat parts.
func photograph(w, h int) *image.NRGBA {
	m, random := image.NewNRGBA(image.Rect(0, 0, w, h)), rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			n := uint8(random.IntN(60))
			m.SetNRGBA(x, y, color.NRGBA{uint8(x*190/w) + n, uint8(y*190/h) + n, 90 + n, 255})
		}
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, frames ...image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	moving := &gif.GIF{}
	for _, m := range frames {
		p := image.NewPaletted(m.Bounds(), color.Palette{color.NRGBA{220, 30, 30, 255}, color.NRGBA{30, 30, 220, 255}, color.NRGBA{30, 200, 30, 255}})
		for y := range m.Bounds().Dy() {
			for x := range m.Bounds().Dx() {
				p.Set(x, y, m.At(x, y))
			}
		}
		moving.Image, moving.Delay = append(moving.Image, p), append(moving.Delay, 10)
	}
	if err := gif.EncodeAll(&b, moving); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// secret stands in the metadata of samples, like a place or a camera.
const secret = "Ana's house 41.15N 8.61W"

// exif is metadata that says how a picture is to be turned.
func exif(order binary.AppendByteOrder, turn int) []byte {
	mark := map[bool]string{true: "II", false: "MM"}[order.String() == "LittleEndian"]
	b := order.AppendUint32(order.AppendUint16([]byte(mark), 42), 8)
	b = order.AppendUint16(b, 2)
	for _, tag := range [][4]uint16{{0x010f, 2, uint16(len(secret)), 38}, {0x0112, 3, 1, uint16(turn)}} {
		b = order.AppendUint16(order.AppendUint16(b, tag[0]), tag[1])
		b = order.AppendUint32(b, uint32(tag[2]))
		if tag[1] == 3 {
			b = append(order.AppendUint16(b, tag[3]), 0, 0)
		} else {
			b = order.AppendUint32(b, uint32(tag[3]))
		}
	}
	return append(order.AppendUint32(b, 0), secret...)
}

// withEXIF puts metadata into a JPEG or PNG file, as cameras do.
func withEXIF(file, data []byte) []byte {
	if bytes.HasPrefix(file, []byte("\xff\xd8")) {
		segment := append([]byte("Exif\x00\x00"), data...)
		head := binary.BigEndian.AppendUint16([]byte{0xff, 0xd8, 0xff, 0xe1}, uint16(len(segment)+2))
		return append(append(head, segment...), file[2:]...)
	}
	chunk := append([]byte("eXIf"), data...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk))
	chunk = append(binary.BigEndian.AppendUint32(nil, uint32(len(data))), chunk...)
	const afterIHDR = 8 + 12 + 13
	return append(append(append([]byte{}, file[:afterIHDR]...), chunk...), file[afterIHDR:]...)
}

func newStore(t testing.TB) (*pictures.Store, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "pictures")
	return pictures.New(dir, slog.New(slog.DiscardHandler)), dir
}

func add(t testing.TB, s *pictures.Store, name string, file []byte) pictures.Outcome {
	t.Helper()
	outcome, err := s.Add(t.Context(), name, file)
	if err != nil {
		t.Fatalf("add %s: %v", name, err)
	}
	return outcome
}

// stored decodes a stored size, and gives its bytes.
func stored(t testing.TB, s *pictures.Store, size pictures.Size) (image.Image, []byte) {
	t.Helper()
	f, err := s.Open(size.Hash, size.Ending)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := image.Decode(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	return m, b
}

// filesIn counts the files below a directory, without the lock.
func filesIn(t testing.TB, dir string) (names []string) {
	t.Helper()
	for _, pattern := range []string{"names/*", "files/*"} {
		all, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, all...)
	}
	return names
}

// withChecksum mends the checksum of a PNG file's first chunk.
func withChecksum(file []byte) []byte {
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}
