package process

import (
	"bytes"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"galleria/platform/module"
	"galleria/platform/route"
)

const startingUp = "the database system is starting up"

// silentServer takes connections as a database server does that hangs. Once those for all
// modules wait at the same moment, it refuses them; later ones get no answer either.
func silentServer(t *testing.T, modules ...string) (dsn string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	said := append([]byte("SFATAL\x00C57P03\x00M"+startingUp), 0, 0)
	answer := append([]byte{'E', 0, 0, 0, byte(len(said) + 4)}, said...)
	waiting := map[string]net.Conn{}
	var conns []net.Conn
	serve := func(conn net.Conn) {
		conns = append(conns, conn)
		hello := make([]byte, 1024) // says which module asks: see application_name
		n, _ := conn.Read(hello)
		for _, m := range modules {
			if bytes.Contains(hello[:n], []byte("application_name\x00"+m+"\x00")) && waiting[m] == nil {
				waiting[m] = conn
				if len(waiting) == len(modules) {
					for _, one := range waiting {
						one.Write(answer)
					}
				}
			}
		}
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				break
			}
			serve(conn)
		}
		for _, conn := range conns {
			conn.Close()
		}
	})
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	return "postgres://one@" + listener.Addr().String() + "/one?sslmode=disable"
}

// A process serves what it serves once it has started: ten modules on a server that hangs
// must not wait for it one after the other.
func TestDatabasesThatDoNotAnswerAreWaitedForAllAtOnce(t *testing.T) {
	h := newHouse(t)
	dsn := silentServer(t, "alpha", "beta")
	p := h.start("main", places{"alpha": here, "beta": here}, func(o *Options) { o.DSN = func(string) string { return dsn } })
	for _, name := range []string{"alpha", "beta"} {
		// One that was given up before the other was asked for got no answer.
		if wish, pending := p.Wish(name); !pending || !strings.Contains(wish.Problem, startingUp) {
			t.Errorf("%s: got %q, want that it waited together with the other and was refused", name, wish.Problem)
		}
	}
}

func TestModulesAreMadeAfterThoseTheyNeed(t *testing.T) {
	h := newHouse(t)
	var made []string
	h.start("main", places{"alpha": here, "beta": here}, func(o *Options) {
		for i, d := range o.Definitions {
			o.Definitions[i].New = func(host module.Host) (*module.Instance, error) {
				made = append(made, d.Name)
				return d.New(host)
			}
		}
	})
	if want := []string{"alpha", "beta"}; !slices.Equal(made, want) {
		t.Errorf("made %v, want %v", made, want)
	}
}

// openLater keeps alpha's database from being opened in a house until it is called, as the
// migrations of much data do.
func (h *house) openLater() (open func()) {
	h.t.Helper()
	f, err := os.OpenFile(filepath.Join(h.dir, "alpha.db.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	open = sync.OnceFunc(func() { f.Close() })
	h.t.Cleanup(open)
	return open
}

// waitsLittle is for a start that does not wait for what openLater holds up, and waits for all
// else.
func waitsLittle(o *Options) { o.StartWait = 2 * time.Second }

// A module that takes long to open comes later, and all else is open meanwhile.
func TestAModuleThatIsOpenedForLongComesLater(t *testing.T) {
	h := newHouse(t)
	open := h.openLater()
	p := h.start("main", places{"alpha": here, "beta": here}, waitsLittle)
	if wish, pending := p.Wish("alpha"); !pending || !strings.Contains(wish.Problem, "migrated") {
		t.Errorf("started: got %q for alpha, want that it may be migrated", wish.Problem)
	}
	if _, pending := p.Wish("beta"); pending || p.Running("beta") == nil {
		t.Error("beta waits for alpha")
	}
	open()
	eventually(t, "alpha answers", true, func() bool { _, err := ask(t, p); return err == nil })
}

// Its canary is away for longer.
func TestAModuleThatIsOpenedForLongStandsInForItsCanary(t *testing.T) {
	h := newHouse(t)
	open := h.openLater()
	wanted := route.Canary(here, route.Remote(freeAddress(t)), 1)
	p := h.start("main", places{"alpha": wanted}, waitsLittle)
	open()
	eventually(t, "alpha answers", true, func() bool { _, err := ask(t, p); return err == nil })
	if wish, pending := p.Wish("alpha"); !pending || !wish.Place.Equal(wanted) {
		t.Errorf("got the wish %+v, want %s", wish, wanted)
	}
}

// The first arm is in another process, which has all calls until the canary is there.
func TestAnotherProcessStandsInForAModuleThatIsOpenedForLong(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", places{"alpha": here})
	open := h.openLater()
	edge := h.start("edge", places{"alpha": route.Canary(at(main), here, 1)}, peerOf(main), waitsLittle)
	wantAnswerFrom(t, edge, "main")
	open()
	eventually(t, "the place", string(route.ModeCanary), func() string { return string(edge.Place("alpha").Mode) })
}

// What is being prepared when a process stops, or another place is wanted, is not left open.
func TestAModuleThatIsOpenedForLongIsGivenUp(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", places{"alpha": here})
	edge := h.start("edge", places{"alpha": here}, peerOf(main), func(o *Options) { o.StartWait = time.Nanosecond })
	if err := edge.Apply(t.Context(), places{"alpha": at(main)}); err != nil {
		t.Fatal(err)
	}
	wantAnswerFrom(t, edge, "main")
	eventually(t, "processes that have alpha's database open", 1, func() (n int) {
		if err := main.Running("alpha").DB.Read(t.Context()).Raw("SELECT COUNT(*) FROM holders").Scan(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	})
}
