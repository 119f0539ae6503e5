package send

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"testing"
	"time"

	"galleria/migrations"
	"galleria/modules/webhooks/internal/store"
	"galleria/modules/webhooks/internal/webhook"
	"galleria/platform/database"
	"galleria/platform/id"
)

// dirVariable tells a re-executed test binary to send what waits in the database there.
const dirVariable = "WEBHOOKS_SEND_FROM"

func TestMain(m *testing.M) {
	if dir := os.Getenv(dirVariable); dir != "" {
		if err := sendFrom(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// sendFrom sends until standard input ends: with the parent, however that dies.
func sendFrom(dir string) error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	db, err := openIn(ctx, dir)
	if err != nil {
		return err
	}
	defer db.Close(context.Background())
	o := Options{AtOnce: 1, PerSecond: 100, Timeout: 100 * time.Millisecond, Retries: webhook.Retries{First: time.Second, Most: time.Second, GiveUp: time.Minute}}
	s := New(store.New(db), NewClient(o.Timeout, true), o, time.Now, slog.Default())
	if err := s.Run(ctx); ctx.Err() == nil {
		return err
	}
	return nil
}

func openIn(ctx context.Context, dir string) (*database.DB, error) {
	return database.Open(ctx, database.Options{Module: "webhooks", Dir: dir, Migrations: migrations.For("webhooks")})
}

// TestDiedBeforeTheAnswerWasNotedItIsSentAgainWithTheSameID kills the process that sends
// while the endpoint, which has it, answers.
func TestDiedBeforeTheAnswerWasNotedItIsSentAgainWithTheSameID(t *testing.T) {
	dir := t.TempDir()
	sender := make(chan *exec.Cmd, 1)
	ids := make(chan string, 10)
	first := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		ids <- r.Header.Get("webhook-id")
		if first { // one request at once: see AtOnce
			first = false
			child := <-sender
			child.Process.Kill()
			child.Wait()
		}
	}))
	defer server.Close()

	db, err := openIn(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	kept := store.New(db)
	e, problems := webhook.New(id.New(), server.URL, nil, "", true, time.Now())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if e, err = kept.Add(t.Context(), e, "key", 10); err != nil {
		t.Fatal(err)
	}
	d, err := kept.QueueOne(t.Context(), e.ID, "key", webhook.Test, `{"type":"webhook.test"}`, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(t.Context()); err != nil {
		t.Fatal(err)
	}

	sender <- startSender(t, dir)
	await := func(what string) {
		t.Helper()
		select {
		case got := <-ids:
			if got != d.WebhookID {
				t.Errorf("%s: got webhook-id %q, want %q", what, got, d.WebhookID)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%s: it never came", what)
		}
	}
	await("before the death")
	startSender(t, dir)
	await("after the death")
	if db, err = openIn(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	defer db.Close(context.Background())
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		page, _, err := store.New(db).Page(t.Context(), e.ID, "", 10)
		if err != nil || len(page) != 1 {
			t.Fatalf("got %v, %v; want the one delivery", page, err)
		}
		// On a busy machine one more may be cut off.
		if page[0].Status == webhook.Delivered && page[0].Attempts >= 2 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("got %+v, want it delivered at the second attempt or later", page[0])
		}
	}
}

// startSender starts a process that sends; it ends with the test.
func startSender(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), dirVariable+"="+dir)
	child.Stderr = os.Stderr
	stdin, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		child.Wait()
	})
	return child
}
