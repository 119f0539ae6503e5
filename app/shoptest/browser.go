package shoptest

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"galleria/modules/payments/stripetest"
)

// browserVariable names the browser to test with; unset: chromium on the path.
const browserVariable = "GALLERIA_TEST_CHROMIUM"

// Browser is a tab of a headless Chromium. It collects what a shopper never
// sees: messages on the console, and requests to other hosts.
type Browser struct {
	t    testing.TB
	ctx  context.Context
	base string
	// provider is where else the shop leads a shopper to; "" without Stripe.
	provider string

	mu      sync.Mutex
	console []string
	foreign []string
}

// browserPatience bounds every step in the browser, on a machine busy with the race
// detector.
const browserPatience = 30 * time.Second

// Browse opens a browser on the shop.
func (s *Shop) Browse(t testing.TB) *Browser {
	t.Helper()
	path := os.Getenv(browserVariable)
	if path == "" {
		var err error
		if path, err = exec.LookPath("chromium"); err != nil {
			t.Fatalf("browser tests need Chromium: run make test, or install chromium, or set %s", browserVariable)
		}
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		// Chromium must not look for anything but the shop.
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.UserDataDir(t.TempDir()))
	if stripe := s.layout.Stripe; stripe != nil {
		options = append(options, chromedp.Flag("host-resolver-rules", "MAP "+stripetest.PageHost+" "+stripe.Pages(t)), chromedp.Flag("ignore-certificate-errors", true))
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		chromedp.Cancel(ctx)
		closeTab()
		stop()
	})
	b := &Browser{t: t, ctx: ctx, base: "http://" + s.Address("http")}
	if s.layout.Stripe != nil {
		b.provider = stripetest.PageHost
	}
	messages, requests := chromedp.Console(ctx), chromedp.Events(ctx, network.RequestWillBeSent)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			b.mu.Lock()
			b.console = append(b.console, string(m.Type)+": "+m.Text)
			b.mu.Unlock()
		}
	}()
	go func() {
		for r, err := range requests {
			if err != nil {
				return
			}
			b.note(r.Request.URL)
		}
	}()
	if _, err := chromedp.Call(ctx, network.Enable, network.EnableParams{}); err != nil {
		t.Fatalf("browser: %v", err)
	}
	b.prefers("light")
	return b
}

func (b *Browser) note(address string) {
	u, err := url.Parse(address)
	if err != nil || (u.Scheme != "data" && !strings.HasPrefix(address, b.base+"/") && (b.provider == "" || u.Host != b.provider)) {
		b.mu.Lock()
		b.foreign = append(b.foreign, address)
		b.mu.Unlock()
	}
}

func (b *Browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		b.t.Fatalf("%s: %v%s", what, err, b.picture())
	}
}

// picture keeps a screenshot of where a test failed.
func (b *Browser) picture() string {
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		return ""
	}
	file, err := os.CreateTemp("", "browser-*.png")
	if err != nil {
		return ""
	}
	defer file.Close()
	if _, err := file.Write(png); err != nil {
		return ""
	}
	return "; screenshot in " + file.Name()
}

// WithoutScript turns JavaScript off.
func (b *Browser) WithoutScript() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		b.t.Fatal(err)
	}
}

// Screen sets the size of the window, in CSS pixels.
func (b *Browser) Screen(width, height int64) {
	b.t.Helper()
	b.do("set the screen", chromedp.EmulateViewport(width, height))
}

// Dark asks for the dark look.
func (b *Browser) Dark() {
	b.t.Helper()
	b.prefers("dark")
}

// prefers sets what the shopper's system asks for. Motion is always reduced: a
// click would miss a button that still glides.
func (b *Browser) prefers(scheme string) {
	b.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
}

// Calls names the shop by another name of its host from now on, such as localhost, for
// which browsers make passkeys.
func (b *Browser) Calls(host string) {
	b.t.Helper()
	u, err := url.Parse(b.base)
	if err != nil {
		b.t.Fatal(err)
	}
	u.Host = host + ":" + u.Port()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.base = u.String()
}

// HasAuthenticator gives the browser a device that keeps passkeys, and checks who uses it.
func (b *Browser) HasAuthenticator() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, webauthn.Enable, webauthn.EnableParams{}); err != nil {
		b.t.Fatal(err)
	}
	device := webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}}
	if _, err := chromedp.Call(b.ctx, webauthn.AddVirtualAuthenticator, device); err != nil {
		b.t.Fatal(err)
	}
}

// Open goes to a path of the shop.
func (b *Browser) Open(path string) {
	b.t.Helper()
	b.do("open "+path, chromedp.Navigate(b.base+path))
}

// Click clicks what a CSS selector finds, and waits for what the next one finds, which
// may be on the same page: see Follow.
func (b *Browser) Click(selector, then string) {
	b.t.Helper()
	b.do("click "+selector, chromedp.Click(chromedp.CSS(selector)))
	b.Sees(then)
}

// Follow clicks what leads to another page, and waits there for what the next selector
// finds. The page before may have had the same.
func (b *Browser) Follow(selector, then string) {
	b.t.Helper()
	Eval[bool](b, `document.documentElement.toggleAttribute("data-page-before", true)`)
	b.Click(selector, "html:not([data-page-before]) :is("+then+")")
}

// DoubleClick clicks twice, the second time as the second of a double click, after the
// first has led to what the next selector finds.
func (b *Browser) DoubleClick(selector, then string) {
	b.t.Helper()
	b.Click(selector, then)
	// chromedp's double click is the second one alone.
	b.do("double click "+selector, chromedp.DoubleClick(chromedp.CSS(selector)))
}

// Sees waits until an element is visible.
func (b *Browser) Sees(selector string) {
	b.t.Helper()
	b.do("wait for "+selector, chromedp.WaitVisible(chromedp.CSS(selector)))
}

// Types types into a field, which is emptied first.
func (b *Browser) Types(selector, text string) {
	b.t.Helper()
	b.do("type into "+selector, chromedp.Clear(chromedp.CSS(selector)), focus(selector), chromedp.KeyEvent(text))
}

// PressesEnter presses the key with the focus on what the selector finds.
func (b *Browser) PressesEnter(selector string) {
	b.t.Helper()
	b.do("press Enter on "+selector, focus(selector), chromedp.KeyEvent("\r"))
}

// focus makes what the selector finds hear the keys. chromedp's SendKeys would do so, but
// races with the events of an attribute that has just been changed, as Clear does.
func focus(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.Focus(chromedp.CSS(selector), chromedp.NodeVisible)
}

// Chooses picks an entry of a select by its value.
func (b *Browser) Chooses(selector, value string) {
	b.t.Helper()
	b.do("choose in "+selector, chromedp.SetValue(chromedp.CSS(selector), value))
}

// Text is what a person reads in an element.
func (b *Browser) Text(selector string) string {
	b.t.Helper()
	return Eval[string](b, `document.querySelector(`+quote(selector)+`)?.innerText ?? ""`)
}

// Path is where the browser is.
func (b *Browser) Path() string {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	at, err := chromedp.Run(ctx, chromedp.Location())
	if err != nil {
		b.t.Fatal(err)
	}
	return strings.TrimPrefix(at, b.base)
}

// Eval runs a script in the page, as a test's own eyes; it works with the
// page's JavaScript turned off too.
func Eval[T any](b *Browser, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, browserPatience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("evaluate %s: %v", script, err)
	}
	return value
}

// Clean checks that the console stayed silent, except for the words allowed,
// and that nothing was asked of another host.
func (b *Browser) Clean(allowed ...string) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
messages:
	for _, m := range b.console {
		for _, words := range allowed {
			if strings.Contains(m, words) {
				continue messages
			}
		}
		b.t.Errorf("on the browser's console: %s", m)
	}
	for _, address := range b.foreign {
		b.t.Errorf("the page asked another host: %s", address)
	}
}

func quote(text string) string { return "`" + text + "`" }
