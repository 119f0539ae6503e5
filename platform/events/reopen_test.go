package events

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// onSmallDisk runs test with a directory on a file system of 3 MB of its own. One
// who may not mount does so in a name space of the test's own.
func onSmallDisk(t *testing.T, test func(t *testing.T, dir string)) {
	t.Helper()
	const child = "EVENTS_TEST_OWN_NAME_SPACE"
	if os.Geteuid() != 0 && os.Getenv(child) == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), child+"=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{HostID: os.Geteuid(), Size: 1}},
		}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("in a name space of its own: %v\n%s", err, out)
		}
		return
	}
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=3m"); err != nil {
		t.Fatalf("mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	test(t, dir)
}

// fill takes all the room on dir's disk and returns what gives it back.
func fill(t *testing.T, dir string) (free func()) {
	t.Helper()
	ballast, err := os.Create(filepath.Join(dir, "ballast"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = ballast.Write(make([]byte, 4096))
	}
	ballast.Close()
	return func() {
		if err := os.Remove(ballast.Name()); err != nil {
			t.Error(err)
		}
	}
}

// The disk of the broker fills up and is freed again, while this process and
// another one publish and receive.
func TestBrokerIsOpenedAgainWhenAFullDiskIsFreed(t *testing.T) {
	onSmallDisk(t, func(t *testing.T, dir string) {
		broker := openBroker(t, filepath.Join(dir, "events"))
		way := &tunnel{}
		way.to(broker)
		here, there := openDB(t, "publisher", t.TempDir()), openDB(t, "publisher", t.TempDir())
		reader := openDB(t, "reader", t.TempDir())
		start(t, newRelay(here, connect(t, broker)).Run)
		relay := newRelay(there, connectThrough(t, way))
		relay.illness.after = 1
		start(t, relay.Run)
		start(t, newSubscriber(t, "reader", reader, connectThrough(t, way), onText(nil)).Run)
		publish(t, here, "before", "1")
		wantEffects(t, reader, "before", "1")

		free := fill(t, dir)
		large := strings.Repeat("x", 100<<10)
		for i := range 3 {
			publish(t, here, fmt.Sprint("large ", i), large)
		}
		publish(t, here, "a", numbers(5)...)
		publish(t, there, "b", numbers(5)...)
		eventually(t, "the broker has a problem", true, func() bool { return broker.Problem() != nil })
		eventually(t, "the relay has a problem", true, func() bool { return relay.Problem() != nil })
		free()
		wantEffects(t, reader, "a", numbers(5)...)
		wantEffects(t, reader, "b", numbers(5)...)
		eventually(t, "the broker's problem", error(nil), broker.Problem)
		eventually(t, "the relay's problem", error(nil), relay.Problem)
	})
}

// A subscriber's position is lost on the disk. The stream is not.
func TestDamagedPositionOfASubscriberIsReplaced(t *testing.T) {
	t.Parallel()
	zeros := func(file string) error {
		info, err := os.Stat(file)
		if err != nil {
			return err
		}
		return os.WriteFile(file, make([]byte, max(info.Size(), 64)), 0o600)
	}
	for name, damage := range map[string]func(obs string) error{
		"state of zeros":   func(obs string) error { return zeros(filepath.Join(obs, "o.dat")) },
		"state cut off":    func(obs string) error { return os.Truncate(filepath.Join(obs, "o.dat"), 3) },
		"state missing":    func(obs string) error { return os.Remove(filepath.Join(obs, "o.dat")) },
		"options of zeros": func(obs string) error { return zeros(filepath.Join(obs, "meta.inf")) },
		"options missing":  func(obs string) error { return os.Remove(filepath.Join(obs, "meta.inf")) },
		"all missing":      os.RemoveAll,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			broker := openBroker(t, dir)
			c := connect(t, broker)
			publisher, reader := openDB(t, "publisher", t.TempDir()), openDB(t, "reader", t.TempDir())
			stopRelay := start(t, newRelay(publisher, c).Run)
			stop := start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
			publish(t, publisher, "a", numbers(5)...)
			wantEffects(t, reader, "a", numbers(5)...)
			stop()
			stopRelay()
			closeBroker(t, broker)
			if err := damage(filepath.Join(dir, "jetstream", "$G", "streams", StreamName, "obs", "reader")); err != nil {
				t.Fatal(err)
			}
			c = connect(t, openBroker(t, dir))
			start(t, newRelay(publisher, c).Run)
			start(t, newSubscriber(t, "reader", reader, c, onText(nil)).Run)
			publish(t, publisher, "a", "6", "7")
			wantEffects(t, reader, "a", numbers(7)...)
		})
	}
}
