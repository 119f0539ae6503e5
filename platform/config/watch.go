package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"galleria/platform/lifecycle"
)

// Watcher tells when a file has another content. It watches the directory,
// because editors and Kubernetes replace the file rather than write to it, and
// also looks by itself now and then, because network and container file
// systems do not always notify.
//
// The functions are called one at a time, on the goroutine of Run.
type Watcher struct {
	File    string        // the file, which need not exist yet
	Seen    string        // Loaded.Digest of what is in force; "" = what Run finds first
	Quiet   time.Duration // no notification for this long before the file is read; 0 = 200 ms
	Poll    time.Duration // between looks without notification; 0 = 5 s
	Changed func()        // the file can be read and differs from what was seen last
	Failed  func(error)   // the file is gone or cannot be read, said once; or there are no notifications. nil = not told

	open func() (*fsnotify.Watcher, error) // tests take notifications away
}

// Run watches until ctx ends. It then returns nil, with no goroutine left.
func (w *Watcher) Run(ctx context.Context) error {
	seen := &sighting{file: w.File, digest: w.Seen}
	dir := filepath.Dir(w.File)
	events, faults, watched, stop := w.notifications(dir)
	defer stop()

	quiet, poll := or(w.Quiet, 200*time.Millisecond), or(w.Poll, 5*time.Second)
	look := time.NewTimer(lifecycle.Together(poll))
	defer look.Stop()
	settled := time.NewTimer(0) // fires at once: the file may have changed since it was loaded
	defer settled.Stop()
	var first time.Time // notification of a burst

	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-events:
			if !ok {
				events = nil
				continue
			}
			if first.IsZero() {
				first = time.Now()
			}
			// A directory in which something always happens would keep the
			// file from ever being read.
			if time.Since(first) < 10*quiet {
				settled.Reset(quiet)
			}
			continue
		case err, ok := <-faults:
			if !ok {
				faults = nil
				continue
			}
			w.failed(fmt.Errorf("watching %s: %w", dir, err))
		case <-settled.C:
			first = time.Time{}
		case <-look.C:
			look.Reset(lifecycle.Together(poll))
			// The directory itself may have been replaced; harmless otherwise.
			watched()
		}
		switch changed, err := seen.look(); {
		case err != nil:
			w.failed(err)
		case changed:
			w.Changed()
		}
	}
}

// notifications of the directory; without them the channels are nil and the
// file is still polled. renew watches again what has its path now.
func (w *Watcher) notifications(dir string) (events <-chan fsnotify.Event, faults <-chan error, renew, stop func()) {
	open := w.open
	if open == nil {
		open = fsnotify.NewWatcher
	}
	directory, err := open()
	if err != nil {
		w.failed(fmt.Errorf("no notifications for %s, looking at it now and then: %w", w.File, err))
		return nil, nil, func() {}, func() {}
	}
	renew = func() { _ = directory.Add(dir) } // a directory that is missing is noticed as the file's absence
	if err := directory.Add(dir); err != nil {
		w.failed(fmt.Errorf("no notifications for %s, looking at it now and then: %w", w.File, err))
	}
	return directory.Events, directory.Errors, renew, func() { _ = directory.Close() }
}

func (w *Watcher) failed(err error) {
	if w.Failed != nil {
		w.Failed(err)
	}
}

// sighting is what was last seen of a file.
type sighting struct {
	file   string
	digest string // "" before the first look, when nothing is to be compared
	failed lifecycle.Said
}

// look tells whether the content is another one. It always reads: a file this
// small costs less than being wrong about a replacement of the same size
// within the resolution of the clock. An error is returned once while it lasts.
func (s *sighting) look() (changed bool, err error) {
	content, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) && (s.digest == "" || s.digest == absent) {
		s.digest = absent
		return false, nil
	}
	if err != nil {
		if !s.failed.IsNew(err) {
			return false, nil
		}
		return false, fmt.Errorf("%s cannot be read, its last content stays in force: %s", s.file, cause(err))
	}
	before := s.digest
	s.digest, s.failed = digest(content), nil
	return before != "" && before != s.digest, nil
}

func or(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}
