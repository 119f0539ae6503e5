package dispatch

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"galleria/modules/notifications/internal/mail"
)

// Encryption is how the connection to the mail server is kept private.
type Encryption string

const (
	// StartTLS begins in the clear and insists on going on encrypted.
	StartTLS Encryption = "starttls"
	// TLS is encrypted from the first byte.
	TLS Encryption = "tls"
	// None is for a server on this machine.
	None Encryption = "none"
)

// Server is a mail server and what to tell it.
type Server struct {
	Host               string
	Port               int
	Username, Password string // "" = no login
	Encryption         Encryption
	// From signs the mails; ReplyTo, if set, gets the answers.
	From, ReplyTo *netmail.Address
	// TLS, if set, replaces the default: certificates by the system's roots.
	TLS *tls.Config
}

// connection is one SMTP session.
type connection struct {
	client *smtp.Client
	raw    net.Conn
	stop   func() bool
}

// dial opens a session: greeting, encryption, login. When ctx ends, what is
// under way in the session has finishTime left.
func (s *Server) dial(ctx context.Context) (*connection, error) {
	c := &connection{}
	client, err := s.client(c)
	if err != nil {
		return nil, fmt.Errorf("set up the mail client: %w", err)
	}
	c.client, err = client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if c.raw != nil {
			c.raw.Close() // the library leaves it open
		}
		return nil, fmt.Errorf("connect to the mail server %s: %w", net.JoinHostPort(s.Host, fmt.Sprint(s.Port)), err)
	}
	c.stop = context.AfterFunc(ctx, func() { time.AfterFunc(finishTime, func() { c.raw.Close() }) })
	return c, nil
}

// client makes the library's client, which dials so that c knows the socket.
func (s *Server) client(c *connection) (*gomail.Client, error) {
	config := s.TLS
	if config == nil {
		config = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	config = config.Clone()
	config.ServerName = s.Host
	policy := gomail.TLSMandatory
	switch s.Encryption {
	case TLS:
		policy = gomail.TLSOpportunistic // dialled encrypted, below: no STARTTLS is offered any more
	case None:
		policy = gomail.NoTLS
	}
	options := []gomail.Option{
		gomail.WithPort(s.Port), gomail.WithTimeout(attemptTime), gomail.WithTLSConfig(config), gomail.WithTLSPolicy(policy),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			var err error
			dialer := &net.Dialer{}
			if s.Encryption == TLS {
				c.raw, err = (&tls.Dialer{NetDialer: dialer, Config: config}).DialContext(ctx, network, address)
			} else {
				c.raw, err = dialer.DialContext(ctx, network, address)
			}
			return c.raw, err
		}),
	}
	if s.Username != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.Username), gomail.WithPassword(s.Password))
	}
	return gomail.NewClient(s.Host, options...)
}

func (c *connection) close() {
	if c == nil {
		return
	}
	defer c.raw.Close()
	c.stop()
	// Being polite is worth a second, and its failure nothing.
	if c.client.UpdateDeadline(time.Second) == nil {
		_ = c.client.Quit()
	}
}

// outcome is what became of an attempt.
type outcome struct {
	err      error // nil: the server has the mail
	refused  bool  // for good
	ofSender bool  // the server takes no mail from the shop's address just now
	code     int   // the server's answer; 0: it gave none
	usable   bool  // the session can carry another mail
}

// send hands one message over. An answer of the server's is about this mail,
// anything else is the session's end.
func (c *connection) send(m *message) outcome {
	err := c.client.UpdateDeadline(attemptTime)
	if err == nil {
		err = c.transfer(m)
	}
	if err == nil {
		return outcome{usable: true}
	}
	o := outcome{err: err, ofSender: errors.As(err, new(*senderError))}
	if errors.Is(err, errNoUTF8) {
		o.refused, o.usable = true, true
		return o
	}
	var answer *textproto.Error
	if !errors.As(err, &answer) {
		return o
	}
	o.code = answer.Code
	o.refused = answer.Code >= 500 && answer.Code < 600 && !o.ofSender && !aboutUs(answer, errors.As(err, new(*contentError)))
	o.usable = answer.Code != 421 && c.client.Reset() == nil // 421: it closes the session
	return o
}

// aboutUs tells refusals of the shop, whose login, encryption, address or right to
// send is not what the server wants, from refusals of the mail. The operator can
// mend those, and then the mail is wanted. Many servers keep a refusal of the
// sender until they were told a recipient, so the step does not say it: the
// enhanced code of RFC 3463 does, X.1.7 and X.1.8 for the sender's address, X.7 for
// what the server's policy does not let the shop do. When it has read the mail,
// X.7.0 and X.7.1 are no more than its word for what it does not like in it, such as
// spam; the others of X.7 name what is wrong with the sender, such as its DKIM.
func aboutUs(answer *textproto.Error, read bool) bool {
	switch answer.Code {
	case 530, 534, 535, 538:
		return true
	}
	enhanced, _, _ := strings.Cut(answer.Msg, " ")
	switch enhanced {
	case "5.1.7", "5.1.8":
		return true
	case "5.7.0", "5.7.1":
		return !read
	}
	return strings.HasPrefix(enhanced, "5.7.")
}

// contentError is the server's answer after it has read the mail.
type contentError struct{ err error }

func (e *contentError) Error() string { return fmt.Sprintf("data: %v", e.err) }

func (e *contentError) Unwrap() error { return e.err }

// senderError is the server's refusal of the shop's address. Every mail has that
// one, so the refusal is of none of them.
type senderError struct {
	sender string
	err    error
}

func (e *senderError) Error() string {
	return fmt.Sprintf("the mail server refuses mail from %s, the sender in modules.notifications.from: %v", e.sender, e.err)
}

func (e *senderError) Unwrap() error { return e.err }

// errNoUTF8 is final: a server does not learn the extension for a mail that waits.
var errNoUTF8 = errors.New("the recipient's address has letters beyond a to z before the @, " +
	"and the mail server does not take such addresses (it has no SMTPUTF8)")

func (c *connection) transfer(m *message) error {
	if m.needsUTF8 {
		if able, _ := c.client.Extension("SMTPUTF8"); !able {
			return errNoUTF8
		}
	}
	if err := c.client.Mail(m.sender); err != nil {
		return &senderError{m.sender, err}
	}
	if err := c.client.Rcpt(m.recipient); err != nil {
		return fmt.Errorf("recipient: %w", err)
	}
	data, err := c.client.Data()
	if err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if _, err := m.content.WriteTo(data); err != nil {
		return fmt.Errorf("write the mail: %s", err) // not an answer: the session ends here
	}
	if err := data.Close(); err != nil {
		return &contentError{err}
	}
	return nil
}

// message is a mail as it goes over the wire.
type message struct {
	sender, recipient string // "<ana@example.com>"
	// needsUTF8: the recipient's address can be written to by servers with
	// SMTPUTF8 only.
	needsUTF8 bool
	content   *gomail.Msg
}

// message fails when the reader's address is none. shop is the sender's name; "": that of
// From.
func (s *Server) message(shop string, m mail.Mail) (*message, error) {
	to, err := m.To()
	if err != nil {
		return nil, fmt.Errorf("the recipient's address can't be written to: it %w", err)
	}
	c := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("part-"+m.ID))
	c.FromMailAddress(&netmail.Address{Name: cmp.Or(shop, s.From.Name), Address: s.From.Address})
	if s.ReplyTo != nil {
		c.ReplyToMailAddress(s.ReplyTo)
	}
	c.ToMailAddress(&netmail.Address{Name: m.Name, Address: to.Wire()})
	c.Subject(m.Subject)
	c.SetMessageIDWithValue(m.MessageID() + "@" + s.From.Address[strings.LastIndexByte(s.From.Address, '@')+1:])
	c.SetDateWithValue(m.Date())
	c.SetGenHeader("Auto-Submitted", "auto-generated") // no out-of-office answers, please
	c.SetBodyString(gomail.TypeTextPlain, m.Text)
	c.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return &message{
		sender: (&netmail.Address{Address: s.From.Address}).String(), recipient: "<" + to.Wire() + ">",
		needsUTF8: to.NeedsUTF8(), content: c,
	}, nil
}

// Check finds out, before the first mail, whether the settings can work.
func (s *Server) Check() error {
	_, err := s.client(&connection{})
	return err
}
