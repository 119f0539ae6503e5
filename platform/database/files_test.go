package database_test

import (
	"os"
	"strings"
	"testing"

	"galleria/platform/database"
)

func TestADataDirectoryIsItsOwnersAlone(t *testing.T) {
	dir := t.TempDir()
	if err := database.OwnDirectory(dir); err != nil {
		t.Fatal(err)
	}
	refused := func(want string) {
		t.Helper()
		if err := database.OwnDirectory(dir); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want it refused with %q", err, want)
		}
	}
	if err := os.Chmod(dir, 0o775); err != nil {
		t.Fatal(err)
	}
	refused("can be written to by others")
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() != 0 {
		return // only root gives directories away
	}
	const stranger = 54321
	if err := os.Chown(dir, stranger, -1); err != nil {
		t.Fatal(err)
	}
	refused("is of the user with the id 54321")
}
