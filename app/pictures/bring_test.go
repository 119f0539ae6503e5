package pictures_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"galleria/app/pictures"
)

// folder writes files into a new folder.
func folder(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// archive makes a zip file; its names are not checked.
func archive(t testing.TB, files map[string][]byte) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for name, data := range files {
		f, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(folder(t, map[string][]byte{"pictures.zip": b.Bytes()}), "pictures.zip")
}

func listed(t testing.TB, s *pictures.Store) string {
	t.Helper()
	all, err := s.List()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range all {
		names = append(names, p.Name)
	}
	return strings.Join(names, " ")
}

func wantRefused(t testing.TB, b pictures.Brought, says ...string) {
	t.Helper()
	if len(b.Refused) != len(says) {
		t.Errorf("refused %q, want %d", b.Refused, len(says))
	}
	for _, want := range says {
		if !strings.Contains(strings.Join(b.Refused, "\n"), want) {
			t.Errorf("refused %q, and nothing of %q", b.Refused, want)
		}
	}
}

func TestFilesFoldersAndArchivesAreBrought(t *testing.T) {
	mug, jug := asPNG(t, painted(40, 40)), asPNG(t, painted(50, 50))
	files := map[string][]byte{
		"mug.png": mug, "more/jug.jpg": jug, "more/again/mug.png": jug, "products.csv": []byte("sku,name\n"), "logo.svg": []byte("<svg></svg>"),
		"bad name.png": mug, ".hidden.png": mug, "__MACOSX/.jug.jpg": []byte("x"), "camera.heic": []byte("\x00\x00\x00\x18ftypheic"),
	}
	for kind, at := range map[string]string{"folder": folder(t, files), "archive": archive(t, files)} {
		t.Run(kind, func(t *testing.T) {
			s, _ := newStore(t)
			b, err := s.Bring(t.Context(), at)
			if err != nil {
				t.Fatal(err)
			}
			says := []string{"rename one of them", "SVG", `the name "bad name.png"`, "HEIC"}
			if b.Others != 1 || b.Added != 2 {
				t.Errorf("got %+v", b)
			}
			wantRefused(t, b, says...)
			if got := listed(t, s); got != "jug.jpg mug.png" {
				t.Errorf("got %s", got)
			}
			again, err := s.Bring(t.Context(), at)
			if err != nil || again.Unchanged != 2 || again.Added+again.Replaced != 0 {
				t.Errorf("again: got %+v, %v", again, err)
			}
		})
	}
	s, _ := newStore(t)
	dir := folder(t, files)
	b, err := s.Bring(t.Context(), filepath.Join(dir, "mug.png"), filepath.Join(dir, "products.csv"))
	if err != nil || b.Added != 1 {
		t.Errorf("got %+v, %v", b, err)
	}
	wantRefused(t, b, "products.csv: it is no picture")
	if _, err := s.Bring(t.Context(), filepath.Join(dir, "nothing.png")); err == nil || !strings.Contains(err.Error(), "nothing.png") {
		t.Errorf("a file that is not there: got %v", err)
	}
}

// TestNamesDoNotLeaveTheFolder, nor the archive, nor do links.
func TestNamesDoNotLeaveTheFolder(t *testing.T) {
	picture := asPNG(t, painted(40, 40))
	s, dir := newStore(t)
	b, err := s.Bring(t.Context(), archive(t, map[string][]byte{"../up.png": picture, "/root.png": picture, `..\back.png`: picture, "a/../../x.png": picture}))
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, b, "../up.png", "/root.png", `..\back.png`, "a/../../x.png")
	secret := folder(t, map[string][]byte{"secret.png": picture, "inner/also.png": picture})
	with := folder(t, map[string][]byte{"own.png": picture})
	for link, to := range map[string]string{"link.png": filepath.Join(secret, "secret.png"), "folder": filepath.Join(secret, "inner"), "loop": "."} {
		if err := os.Symlink(to, filepath.Join(with, link)); err != nil {
			t.Fatal(err)
		}
	}
	b, err = s.Bring(t.Context(), with)
	if err != nil {
		t.Fatal(err)
	}
	if got := listed(t, s); got != "own.png" {
		t.Errorf("got %s, refused %q", got, b.Refused)
	}
	if out, _ := filepath.Glob(filepath.Join(filepath.Dir(dir), "*.png*")); len(out) > 0 {
		t.Errorf("outside the folder: %v", out)
	}
}

func TestAZipBombIsRefusedUnread(t *testing.T) {
	s, dir := newStore(t)
	zeros := append([]byte("\xff\xd8\xff"), make([]byte, 60<<20)...)
	at := archive(t, map[string][]byte{"a.jpg": zeros})
	if _, err := s.Bring(t.Context(), at); err == nil || !strings.Contains(err.Error(), "would unpack to more than 20 times") || !strings.Contains(err.Error(), at) {
		t.Errorf("an archive of zeros: got %v", err)
	}
	// One that says that it has less than it has is read no further than that.
	packed, err := os.ReadFile(at)
	if err != nil {
		t.Fatal(err)
	}
	directory := bytes.LastIndex(packed, []byte("PK\x01\x02"))
	binary.LittleEndian.PutUint32(packed[directory+24:], 1000)
	at = filepath.Join(folder(t, map[string][]byte{"b.zip": packed}), "b.zip")
	b, err := s.Bring(t.Context(), at)
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, b, "a.jpg: it")
	if left := filesIn(t, dir); len(left) > 0 {
		t.Errorf("they left %v", left)
	}
	broken := filepath.Join(folder(t, map[string][]byte{"c.zip": packed[:len(packed)-30]}), "c.zip")
	if _, err := s.Bring(t.Context(), broken); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a broken archive: got %v", err)
	}
}
