// Package smtptest is a real mail server for tests, which can be told to
// refuse, to break off, to go away and to come back.
package smtptest

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Message is what the server took.
type Message struct {
	From string
	To   []string
	Data string
}

// Server is a mail server on 127.0.0.1. Set the hooks before Start.
type Server struct {
	// OnMail, OnRcpt and OnData, if set, are asked at these steps; their error
	// is the server's answer.
	OnMail, OnRcpt func(address string) error
	OnData         func(m Message) error
	// BreakOff, if set, says whether the connection ends without an answer
	// although the message was taken.
	BreakOff func(m Message) bool
	// TLS, if set, offers STARTTLS, or, with Implicit, starts with it.
	TLS      *tls.Config
	Implicit bool
	// ASCII: it takes no addresses with other letters, as a server without
	// SMTPUTF8.
	ASCII bool
	// Password, if set, is what a login must show.
	Password string

	Port int

	mu       sync.Mutex
	messages []Message
	server   *smtp.Server
	listener net.Listener
	served   chan error
}

// Start opens the server, on the port it had before if it had one, and stops
// it when the test ends.
func (s *Server) Start(t *testing.T) {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)))
	if err != nil {
		t.Fatalf("open a mail server: %v", err)
	}
	s.Port = listener.Addr().(*net.TCPAddr).Port
	s.server = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: c}, nil }))
	s.server.Domain = "localhost"
	s.server.EnableSMTPUTF8 = !s.ASCII
	s.server.ErrorLog = discard{}
	if s.TLS != nil && s.Implicit {
		listener = tls.NewListener(listener, s.TLS)
	} else {
		s.server.TLSConfig = s.TLS
	}
	s.listener = listener
	s.served = make(chan error, 1)
	go func(server *smtp.Server, served chan error) { served <- server.Serve(listener) }(s.server, s.served)
	t.Cleanup(s.Stop)
}

// Stop ends the server and its connections.
func (s *Server) Stop() {
	if s.server != nil {
		s.listener.Close() // a server that does not serve yet does not know it
		s.server.Close()
		<-s.served
		s.server = nil
	}
}

// Messages is what it took so far, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.messages)
}

// session implements smtp.AuthSession.
type session struct {
	server   *Server
	conn     *smtp.Conn
	message  Message
	loggedIn bool
}

func (s *session) AuthMechanisms() []string {
	if s.server.Password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, _, password string) error {
		if password != s.server.Password {
			return smtp.ErrAuthFailed
		}
		s.loggedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.server.Password != "" && !s.loggedIn {
		return &smtp.SMTPError{Code: 530, Message: "log in first"}
	}
	s.message = Message{From: from}
	return ask(s.server.OnMail, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.message.To = append(s.message.To, to)
	return ask(s.server.OnRcpt, to)
}

func (s *session) Data(r io.Reader) error {
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.message.Data = string(data)
	if err := ask(s.server.OnData, s.message); err != nil {
		return err
	}
	s.server.mu.Lock()
	s.server.messages = append(s.server.messages, s.message)
	s.server.mu.Unlock()
	if s.server.BreakOff != nil && s.server.BreakOff(s.message) {
		s.conn.Conn().Close()
		return errors.New("broken off")
	}
	return nil
}

func (s *session) Reset() {}

func (s *session) Logout() error { return nil }

func ask[T any](hook func(T) error, about T) error {
	if hook == nil {
		return nil
	}
	return hook(about)
}

type discard struct{}

func (discard) Printf(string, ...any) {}

func (discard) Println(...any) {}
