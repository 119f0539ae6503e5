package durable_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"galleria/platform/durable"
)

func TestAFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	name := filepath.Join(t.TempDir(), "new", "file")
	want := func(content string) {
		t.Helper()
		if got, err := os.ReadFile(name); err != nil || string(got) != content {
			t.Errorf("got %q, %v; want %q", got, err, content)
		}
		if all, err := os.ReadDir(filepath.Dir(name)); err != nil || len(all) != 1 {
			t.Errorf("got %v, %v; want the file alone", all, err)
		}
	}
	if err := durable.WriteFile(name, []byte("old")); err != nil {
		t.Fatal(err)
	}
	want("old")
	broken := errors.New("broken")
	err := durable.Replace(name, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("got %v, want what went wrong", err)
	}
	want("old")
	err = durable.Replace(name, func(w io.Writer) error {
		for _, part := range []string{"ne", "w"} {
			if _, err := io.WriteString(w, part); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want("new")
}
