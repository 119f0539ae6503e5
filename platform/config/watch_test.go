package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fsnotify/fsnotify"
	"go.uber.org/goleak"
)

// A watch under test. The polling tests have no notifications, the others
// poll so rarely that only a notification can be what is seen.
type watch struct {
	t    *testing.T
	file string
	seen chan error // in order; nil is a change
}

func watching(t *testing.T, w *Watcher) *watch {
	t.Helper()
	got := &watch{t: t, file: w.File, seen: make(chan error, 100)}
	w.Quiet = or(w.Quiet, 10*time.Millisecond)
	w.Changed = func() { got.seen <- nil }
	w.Failed = func(err error) { got.seen <- err }
	if w.Poll == 0 {
		w.Poll = time.Hour
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: got %v, want nil", err)
		}
		goleak.VerifyNone(t)
	})
	return got
}

func (w *watch) next(what string) error {
	w.t.Helper()
	select {
	case err := <-w.seen:
		return err
	case <-time.After(20 * time.Second):
		w.t.Fatalf("%s: nothing was seen", what)
		return nil
	}
}

func (w *watch) wantChange(why string) {
	w.t.Helper()
	if err := w.next(why); err != nil {
		w.t.Fatalf("%s: got failure %v, want a change", why, err)
	}
}

func (w *watch) wantFailure(text string) {
	w.t.Helper()
	if err := w.next("failure " + text); err == nil || !strings.Contains(err.Error(), text) {
		w.t.Fatalf("got %v, want a failure with %q", err, text)
	}
}

// wantNothingElse uses the order of events: were anything else to come, it
// would come before the change that is made here.
func (w *watch) wantNothingElse(why string) {
	w.t.Helper()
	put(w.t, w.file, "the end of "+why)
	w.wantChange(why)
	select {
	case err := <-w.seen:
		w.t.Errorf("%s: a change was announced that was none, or a failure: %v", why, err)
	default:
	}
}

// put replaces the file as careful editors do.
func put(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file+".new", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(file+".new", file); err != nil {
		t.Fatal(err)
	}
}

func TestAReplacedFileIsSeen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	put(t, file, "one")
	w := watching(t, &Watcher{File: file, Seen: digest([]byte("zero"))})
	w.wantChange("the content differs from what was loaded")
	put(t, file, "two")
	w.wantChange("replaced by rename")
	put(t, file, "six")
	w.wantChange("replaced a second time")
	if err := os.WriteFile(file, []byte("four"), 0o600); err != nil {
		t.Fatal(err)
	}
	w.wantChange("written in place")
}

func TestAKubernetesConfigMapSwapIsSeen(t *testing.T) {
	dir := t.TempDir()
	for version, content := range map[string]string{"..1": "one", "..2": "two"} {
		if err := os.Mkdir(filepath.Join(dir, version), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, version, "app.yaml"), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("..1", "..data")
	link("..data/app.yaml", "app.yaml")
	w := watching(t, &Watcher{File: filepath.Join(dir, "app.yaml"), Seen: digest([]byte("zero"))})
	w.wantChange("start")
	link("..2", "..data_tmp")
	if err := os.Rename(filepath.Join(dir, "..data_tmp"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	w.wantChange("the link to the version was swapped")
}

func TestTheSameContentIsNoChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	put(t, file, "one")
	w := watching(t, &Watcher{File: file, Seen: digest([]byte("zero"))})
	w.wantChange("start")
	put(t, file, "one")
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "other"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	w.wantNothingElse("touched files")
}

func TestADeletedFileIsReportedAndSeenWhenItReturns(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	put(t, file, "one")
	w := watching(t, &Watcher{File: file, Seen: digest([]byte("zero"))})
	w.wantChange("start")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.wantFailure("cannot be read, its last content stays in force: no such file")
	put(t, file, "two")
	w.wantChange("it is back")
}

func TestAFileThatAppearsIsSeen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	loaded, err := Load(&struct{}{}, Sources{File: file})
	if err != nil {
		t.Fatal(err)
	}
	// It appears between loading and watching.
	put(t, file, "{}")
	w := watching(t, &Watcher{File: file, Seen: loaded.Digest()})
	w.wantChange("it was not there when the program loaded")
}

func TestWithoutNotificationsTheFileIsPolled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	put(t, file, "one")
	silent := func() (*fsnotify.Watcher, error) { return nil, errors.New("too many watches") }
	w := watching(t, &Watcher{File: file, Seen: digest([]byte("zero")), Poll: time.Millisecond, open: silent})
	w.wantFailure("too many watches")
	w.wantChange("start")
	put(t, file, "two")
	w.wantChange("replaced")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	w.wantFailure("no such file")
	w.wantNothingElse("a report that is not repeated")
}

func TestADirectoryThatAppearsLaterIsPolledAndThenWatched(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	file := filepath.Join(dir, "app.yaml")
	w := watching(t, &Watcher{File: file, Seen: absent, Poll: time.Millisecond})
	w.wantFailure("no notifications")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	put(t, file, "one")
	w.wantChange("directory and file were made")
}

func TestABusyDirectoryDoesNotHideAChange(t *testing.T) {
	file := filepath.Join(t.TempDir(), "app.yaml")
	put(t, file, "one")
	w := watching(t, &Watcher{File: file, Quiet: 50 * time.Millisecond, Seen: digest([]byte("zero"))})
	w.wantChange("start")
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				_ = os.WriteFile(file+".log", []byte("x"), 0o600)
			}
		}
	}()
	put(t, file, "two")
	w.wantChange("while another file is written without a pause")
	close(stop)
	<-done
}
