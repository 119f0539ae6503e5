package send

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"galleria/modules/webhooks/internal/webhook"
)

const (
	// mostRead is what is read of an answer, and mostKept what is kept of it.
	mostRead = 4096
	mostKept = 500
	// mostHeader bounds an answer's header.
	mostHeader = 16 << 10
	// mostRetryAfter bounds what an endpoint can ask for.
	mostRetryAfter = 12 * time.Hour
)

// Client sends requests to endpoints. It follows no redirect, uses no proxy, not even one
// set in the environment, and connects to public addresses only. The address is checked
// when it is connected to, after the name was resolved: so no name can lead to another
// address between the check and the use.
type Client struct{ http *http.Client }

// errPrivate is the refusal of an address.
var errPrivate = errors.New("is no public address of the internet")

// NewClient makes a client that waits for an answer so long. Private addresses are for
// trials.
func NewClient(timeout time.Duration, private bool) *Client {
	dialer := &net.Dialer{Timeout: timeout}
	if !private {
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			to, err := netip.ParseAddrPort(address)
			if err == nil && !webhook.Public(to.Addr()) {
				err = errPrivate
			}
			if err != nil {
				return fmt.Errorf("%s %w", address, err)
			}
			return nil
		}
	}
	return &Client{&http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableCompression: true,
			TLSHandshakeTimeout: timeout, ResponseHeaderTimeout: timeout, MaxResponseHeaderBytes: mostHeader,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what came back of an attempt.
type answer struct {
	status     int // 0: nothing did
	body       string
	retryAfter time.Duration
	err        error // why it did not
}

// ok tells whether the endpoint took it.
func (a answer) ok() bool { return a.err == nil && a.status >= 200 && a.status < 300 }

// problem says why it did not, in a sentence.
func (a answer) problem() string {
	switch {
	case a.ok():
		return ""
	case errors.Is(a.err, errPrivate):
		return "Not sent: its name leads to an address that is no public address of the internet (see modules.webhooks.allow_private)."
	case a.err != nil:
		return "No answer: " + clean(a.err.Error(), mostKept) + "."
	case a.status >= 300 && a.status < 400:
		return fmt.Sprintf("The endpoint answered %d, a redirect, and those are not followed.", a.status)
	}
	return strings.TrimSpace(fmt.Sprintf("The endpoint answered %d %s", a.status, http.StatusText(a.status))) + "."
}

// post makes one attempt.
func (c *Client) post(ctx context.Context, e webhook.Endpoint, d webhook.Delivery, at time.Time) answer {
	signature, err := e.Secrets.Sign(d.WebhookID, at, []byte(d.Payload))
	if err != nil {
		return answer{err: err}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.URL, bytes.NewReader([]byte(d.Payload)))
	if err != nil {
		return answer{err: err}
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("User-Agent", "Galleria-Webhooks/1")
	r.Header.Set("Webhook-Id", d.WebhookID)
	r.Header.Set("Webhook-Timestamp", strconv.FormatInt(at.Unix(), 10))
	r.Header.Set("Webhook-Signature", signature)
	got, err := c.http.Do(r)
	if err != nil {
		// Without the URL, which the outer error has: it may hold a secret of the receiver's.
		return answer{err: errors.Unwrap(err)}
	}
	defer got.Body.Close()
	// The body is for people to read. The status says whether the attempt succeeded, so a
	// body that breaks off is no failure.
	body, _ := io.ReadAll(io.LimitReader(got.Body, mostRead))
	return answer{status: got.StatusCode, body: clean(string(body), mostKept), retryAfter: retryAfter(got.Header.Get("Retry-After"), at)}
}

// retryAfter reads the header, seconds or a date; 0: it has none that can be read.
func retryAfter(text string, now time.Time) time.Duration {
	var pause time.Duration
	if seconds, err := strconv.Atoi(text); err == nil {
		pause = time.Duration(min(seconds, int(mostRetryAfter/time.Second))) * time.Second
	} else if at, err := http.ParseTime(text); err == nil {
		pause = at.Sub(now)
	}
	return max(0, min(pause, mostRetryAfter))
}

// clean is the beginning of a text of others, as it can be stored and shown.
func clean(text string, most int) string {
	text = strings.ToValidUTF8(text[:min(len(text), most)], "")
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, text)
}
