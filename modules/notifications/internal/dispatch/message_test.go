package dispatch

import (
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/smtptest"
)

// office is a post at work and the server it sends to.
type office struct {
	*desk
	server *smtptest.Server
}

func openOffice(t *testing.T) office {
	t.Helper()
	o := office{onSQLite(t), &smtptest.Server{}}
	o.to(o.server)
	o.work()
	return o
}

// delivered sends one mail and parses what arrived.
func (o office) delivered(t *testing.T, address string, change func(*letter.Facts)) (mail.Mail, smtptest.Message, *netmail.Message) {
	t.Helper()
	before := len(o.server.Messages())
	sent := o.untilStatus(o.queue(address, change), mail.Sent)
	got := o.wantTaken(o.server, before+1)[before]
	parsed, err := netmail.ReadMessage(strings.NewReader(got.Data))
	if err != nil {
		t.Fatalf("parse what arrived: %v\n%s", err, got.Data)
	}
	return sent, got, parsed
}

func TestDeliveredMailParsesAsTextAndHTML(t *testing.T) {
	sent, envelope, got := openOffice(t).delivered(t, "ana@example.com", func(f *letter.Facts) {
		f.Lines[0].Name = "Łampa — „nocna” " + strings.Repeat("lång ", 60)
	})
	if envelope.From != "shop@galleria.example" || strings.Join(envelope.To, ",") != "ana@example.com" {
		t.Errorf("envelope: got %s to %v, want shop@galleria.example to ana@example.com", envelope.From, envelope.To)
	}
	for header, want := range map[string]string{
		"From": `"Galleria" <shop@galleria.example>`, "Reply-To": "<help@galleria.example>", "To": `"Ana" <ana@example.com>`,
		"Subject": sent.Subject, "Message-Id": "<" + sent.ID + "@galleria.example>", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0",
	} {
		if values := got.Header[header]; len(values) != 1 || values[0] != want {
			t.Errorf("%s: got %q, want %q once", header, values, want)
		}
	}
	if date, err := got.Header.Date(); err != nil || date.Unix() != sent.CreatedAt.Unix() {
		t.Errorf("Date: got %v, %v; want %v", date, err, sent.CreatedAt)
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type: got %s, %v; want multipart/alternative", kind, err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for _, want := range []struct{ kind, body string }{{"text/plain", sent.Text}, {"text/html", sent.HTML}} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatalf("the part %s: %v", want.kind, err)
		}
		if kind, params, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind != want.kind || !strings.EqualFold(params["charset"], "utf-8") {
			t.Errorf("part: got %s in %s, want %s in utf-8", kind, params["charset"], want.kind)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil || strings.ReplaceAll(string(body), "\r\n", "\n") != want.body {
			t.Errorf("%s: got %v and\n%s\nwant\n%s", want.kind, err, body, want.body)
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("after two parts: got %v, want the end", err)
	}
}

func TestTheSenderIsCalledAsTheShop(t *testing.T) {
	for name, want := range map[string]string{"": "Galleria", "Löwe & Söhne": "Löwe & Söhne", `Tom "T" <b>`: `Tom "T" <b>`} {
		o := office{onSQLite(t), &smtptest.Server{}}
		o.shop = name
		o.to(o.server)
		o.work()
		sent, envelope, got := o.delivered(t, "ana@example.com", func(*letter.Facts) {})
		from, err := got.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Name != want || from[0].Address != "shop@galleria.example" || envelope.From != "shop@galleria.example" {
			t.Errorf("shop %q: got the sender %q, %v, in the envelope %s", name, got.Header["From"], err, envelope.From)
		}
		if !strings.Contains(sent.Text, "\n-- \n"+want+"\n") {
			t.Errorf("shop %q: the letter has no %q:\n%s", name, want, sent.Text)
		}
	}
}

func TestNamesKeepTheirLettersAndAddNothing(t *testing.T) {
	o := openOffice(t)
	for _, name := range []string{
		"Åsa Öström", "山田 太郎", "Zoë 🦊", `Ana "Nan" O'Neil`, "Ana, Bob", "Eve <eve@example.com>", "a@b.example", `back\slash`,
		"Ana\r\nBcc: eve@example.com", "Ana\nSubject: Free money\n\nBuy!", "Ana\r", "=?utf-8?q?x=0d=0aBcc:_eve@example.com?=",
		strings.Repeat("Long Name ", 60), "", "\x01", "\u2028Bcc: eve@example.com",
	} {
		_, envelope, got := o.delivered(t, "ana@example.com", func(f *letter.Facts) { f.Name = name })
		if len(envelope.To) != 1 {
			t.Errorf("name %q: got recipients %v, want one", name, envelope.To)
		}
		wantNoOther(t, name, got)
		to, err := got.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "ana@example.com" {
			t.Errorf("name %q: got To %q, %v; want ana@example.com alone", name, got.Header["To"], err)
			continue
		}
		if name == letter.Clean(name) && to[0].Name != strings.TrimSpace(name) && !strings.HasPrefix(name, "=?") {
			t.Errorf("name: got %q, want %q", to[0].Name, name)
		}
	}
}

func TestSubjectsAndAddressesAddNoHeaders(t *testing.T) {
	o := openOffice(t)
	for _, order := range []string{"1\r\nBcc: eve@example.com", "1\n\n<b>body</b>", "Łódź 1", "1\u2029X: y", strings.Repeat("9", 300)} {
		sent, _, got := o.delivered(t, "ana@example.com", func(f *letter.Facts) { f.OrderID = order })
		wantNoOther(t, order, got)
		subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
		if err != nil || subject != sent.Subject || strings.ContainsAny(subject, "\r\n") {
			t.Errorf("subject of order %q: got %q, %v; want %q", order, subject, err, sent.Subject)
		}
	}
	_, envelope, got := o.delivered(t, "åsa@exämple.example", func(*letter.Facts) {})
	const wire = "åsa@xn--exmple-cua.example"
	if to, err := got.Header.AddressList("To"); err != nil || to[0].Address != wire || envelope.To[0] != wire {
		t.Errorf("unicode address: got %v, %v and %v, want %s", to, err, envelope.To, wire)
	}
}

func wantNoOther(t *testing.T, what string, got *netmail.Message) {
	t.Helper()
	for _, header := range []string{"Bcc", "Cc", "X"} {
		if v := got.Header[header]; v != nil {
			t.Errorf("%q added the header %s: %v", what, header, v)
		}
	}
	for header, values := range got.Header {
		if len(values) != 1 {
			t.Errorf("%q doubled the header %s: %v", what, header, values)
		}
	}
	if !strings.HasPrefix(got.Header.Get("Content-Type"), "multipart/alternative") {
		t.Errorf("%q ended the headers early: %v", what, got.Header)
	}
}
