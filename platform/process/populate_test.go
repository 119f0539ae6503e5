package process

import (
	"bytes"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"galleria/platform/module"
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
