package console

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/grpc"

	catalogv1 "galleria/modules/catalog/v1"
	settingsv1 "galleria/modules/settings/v1"
)

// hasty is the office behind a server that gives requests and their answers no time at all
// after the header: one whose handler asks for no more is not even read.
func (o *office) hasty() string {
	o.t.Helper()
	server := httptest.NewUnstartedServer(o.console)
	server.Config.ReadHeaderTimeout, server.Config.ReadTimeout, server.Config.WriteTimeout = time.Minute, time.Nanosecond, time.Nanosecond
	server.Start()
	o.t.Cleanup(server.Close)
	return server.URL
}

// pictureForm is a form with a picture.
func pictureForm(t *testing.T) (body *bytes.Buffer, kind string) {
	t.Helper()
	body = &bytes.Buffer{}
	form := multipart.NewWriter(body)
	form.WriteField("seen", "0")
	part, err := form.CreateFormFile("picture", "photo.png")
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(part, image.NewGray(image.Rect(0, 0, 300, 200))); err != nil {
		t.Fatal(err)
	}
	form.Close()
	return body, form.FormDataContentType()
}

// hooked is a body that does something when it is read first.
type hooked struct {
	io.Reader
	first func()
	once  sync.Once
}

func (h *hooked) Read(b []byte) (int, error) {
	h.once.Do(h.first)
	return h.Reader.Read(b)
}

// uploads sends a picture to an address. Its body is sent when the handler asks for it, and
// not before; first runs then.
func (o *office) uploads(to, session string, first func()) (*http.Response, error) {
	o.t.Helper()
	body, kind := pictureForm(o.t)
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, to, &hooked{Reader: body, first: first})
	if err != nil {
		o.t.Fatal(err)
	}
	r.ContentLength = int64(body.Len())
	r.Header.Set("Content-Type", kind)
	r.Header.Set("Expect", "100-continue")
	if session != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
	}
	way := &http.Transport{ExpectContinueTimeout: time.Hour}
	o.t.Cleanup(way.CloseIdleConnections)
	answer, err := way.RoundTrip(r)
	if err == nil {
		answer.Body.Close()
	}
	return answer, err
}

func TestStaffMayTakeLongerToSendPicturesThanTheServerGivesOthers(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	product, server := o.addLamp(), o.hasty()
	for path, session := range map[string]string{product + "/pictures": "operator", logoPath: "admin"} {
		if answer, err := o.uploads(server+path, session, func() {}); err != nil {
			t.Errorf("%s: %v, want an answer though the server's own time was over", path, err)
		} else if answer.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: got %d, want it saved", path, answer.StatusCode)
		}
		for _, other := range []string{"", "unknown", "customer"} {
			if answer, err := o.uploads(server+path, other, func() { t.Errorf("%s: the body of %q is read", path, other) }); err == nil {
				t.Errorf("%s: %q got %d, want that the server's time is not made longer", path, other, answer.StatusCode)
			}
		}
	}
}

// late is a way to a module that notes calls with less time than a page has from when the
// picture was asked for.
type late struct {
	grpc.ClientConnInterface
	mu    sync.Mutex
	since time.Time // when the picture was asked for
	calls int       // since then
	short []string
}

func (l *late) pictureComes() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since, l.calls = time.Now(), 0
}

func (l *late) Invoke(ctx context.Context, method string, args, reply any, options ...grpc.CallOption) error {
	l.mu.Lock()
	until, _ := ctx.Deadline()
	l.calls++
	if has := until.Sub(l.since); !l.since.IsZero() && has < pageTimeout {
		l.short = append(l.short, fmt.Sprintf("%s has %v", method, has))
	}
	l.mu.Unlock()
	return l.ClientConnInterface.Invoke(ctx, method, args, reply, options...)
}

// TestWhatIsAskedAfterAPictureHasTheWholeTimeOfAPage, however long the picture took.
func TestWhatIsAskedAfterAPictureHasTheWholeTimeOfAPage(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	product := o.addLamp()
	catalog, settings := &late{ClientConnInterface: o.connected["catalog"]}, &late{ClientConnInterface: o.connected["settings"]}
	o.needs.Catalog, o.needs.Settings = catalogv1.NewCatalogServiceClient(catalog), settingsv1.NewSettingsServiceClient(settings)
	o.scene = openWith(t, o.console.Staff, o.needs)
	for _, c := range []struct {
		path, session string
		module        *late
	}{{product + "/pictures", "operator", catalog}, {logoPath, "admin", settings}} {
		answer, err := o.uploads(o.server.URL+c.path, c.session, c.module.pictureComes)
		if err != nil || answer.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: got %v, %v, want it saved", c.path, answer, err)
		}
		if c.module.calls == 0 || len(c.module.short) > 0 {
			t.Errorf("%s: of %d calls after the picture was asked for %v, want %v at least", c.path, c.module.calls, c.module.short, pageTimeout)
		}
	}
}

// patient is an answer that deadlines can be set on.
type patient struct{ *httptest.ResponseRecorder }

func (patient) SetReadDeadline(time.Time) error  { return nil }
func (patient) SetWriteDeadline(time.Time) error { return nil }

// stuck is a body that does not come.
type stuck struct{}

func (stuck) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

func TestAPictureThatDoesNotComeInTimeIsCalledThat(t *testing.T) {
	t.Parallel()
	o := openOffice(t)
	_, kind := pictureForm(t)
	for path, session := range map[string]string{o.addLamp() + "/pictures": "operator", logoPath: "admin"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, stuck{})
		r.Header.Set("Content-Type", kind)
		r.AddCookie(&http.Cookie{Name: "session", Value: session})
		answer := patient{httptest.NewRecorder()}
		o.console.ServeHTTP(answer, r)
		if body := answer.Body.String(); answer.Code != http.StatusRequestTimeout || !strings.Contains(body, "did not come within 3 minutes") {
			t.Errorf("%s: got %d: %.600s", path, answer.Code, body)
		}
	}
}
