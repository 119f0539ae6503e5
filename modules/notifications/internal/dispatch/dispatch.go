// Package dispatch sends the mails that wait.
//
// Every mail is tried by itself and has a backoff of its own: one that the
// server does not take now, or a server that is not there, delays mails and
// stops none. One that fails for days is given up: what it holds of its reader
// does not stay for ever.
//
// # Once, as nearly as SMTP allows
//
// Between the server's "250, I have it" and the row that says so, this process
// can die; and the connection can die before the 250 arrives. SMTP has no way
// to ask afterwards, so at this one step a mail is sent at least once. The
// window is one write: an attempt is claimed in the database before it is made,
// so no other process makes it too, and noted right after it. A duplicate has
// the same Message-ID, date and letter, which mail clients show as one. A mail that staff
// have sent again is no such duplicate, and has a Message-ID and date of its own.
package dispatch

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"galleria/modules/notifications/internal/letter"
	"galleria/modules/notifications/internal/mail"
	"galleria/modules/notifications/internal/store"
)

const (
	// atOnce is how many mails are taken from the queue at a time, and go over
	// one connection.
	atOnce = 50
	// gather lets mails that are queued together be sent together.
	gather = 20 * time.Millisecond
	// poll finds mails whose backoff is over, or that another process queued.
	poll = time.Second
	// attemptTime bounds one attempt; claims last longer, so that an attempt
	// under way is never made by somebody else.
	attemptTime = 30 * time.Second
	claimTime   = 2 * time.Minute
	// finishTime is what an attempt under way gets when the process stops.
	finishTime = 5 * time.Second
)

// Post sends mails, or lays them in the mailbox.
type Post struct {
	store   *store.Store
	letters letter.Writer
	shop    func(context.Context) string
	server  *Server // nil: the mailbox in the database
	retries mail.Retries
	limits  mail.Limits
	now     func() time.Time
	log     *slog.Logger
	away    bool // the server was, the last time
	barred  bool // the server refused the shop's address, the last time
}

// New makes a post that sends through server, or, when that is nil, marks
// mails as sent and leaves them in the database to be looked at. shop is asked what the
// shop is called whenever there are mails; "": as letters and server have it.
func New(s *store.Store, letters letter.Writer, shop func(context.Context) string, server *Server, retries mail.Retries, limits mail.Limits, now func() time.Time, log *slog.Logger) *Post {
	return &Post{store: s, letters: letters, shop: shop, server: server, retries: retries, limits: limits, now: now, log: log}
}

// Run sends what is due until ctx ends. It is run under a lease: two at once
// would send nothing twice, but out of order. It fails only with the database.
func (p *Post) Run(ctx context.Context) error {
	pace := p.store.Pace(poll, gather)
	defer pace.End()
	for ctx.Err() == nil {
		due, err := p.store.Due(ctx, p.now(), atOnce)
		if err == nil {
			err = p.deliver(ctx, due)
		}
		if ctx.Err() != nil {
			break // the database may say so in words of its own
		}
		if err != nil {
			return err
		}
		if len(due) == atOnce {
			continue
		}
		pace.Rest(ctx, nil)
	}
	return ctx.Err()
}

func (p *Post) deliver(ctx context.Context, due []mail.Mail) error {
	if p.server != nil { // the mailbox floods nobody
		var err error
		if due, err = p.store.LetOut(ctx, due, p.now(), p.limits); err != nil {
			return err
		}
	}
	if len(due) == 0 {
		return nil
	}
	shop := p.shop(ctx)
	written, err := p.write(ctx, p.letters.For(shop), due)
	if err != nil || len(written) == 0 {
		return err
	}
	if p.server == nil {
		return p.store.Lay(ctx, written, p.now())
	}
	return p.send(ctx, shop, written)
}

// write writes the letters. What can't be written waits for a program that
// can, as long as mails wait.
func (p *Post) write(ctx context.Context, letters letter.Writer, due []mail.Mail) ([]mail.Mail, error) {
	written := make([]mail.Mail, 0, len(due))
	for _, m := range due {
		err := m.Write(letters)
		if err == nil {
			written = append(written, m)
			continue
		}
		p.log.ErrorContext(ctx, "a letter can't be written", "mail", m.ID, "error", err)
		if err := p.postpone(ctx, []mail.Mail{m}, err.Error()); err != nil {
			return nil, err
		}
	}
	return written, nil
}

// send sends mails of the shop over one connection, as long as that holds.
func (p *Post) send(ctx context.Context, shop string, mails []mail.Mail) error {
	conn, err := p.server.dial(ctx)
	if ctx.Err() != nil {
		conn.close()
		return nil
	}
	if err != nil {
		if !p.away {
			p.log.WarnContext(ctx, "the mail server is away; mails wait", "error", err)
		}
		p.away = true
		return p.postpone(ctx, mails, err.Error())
	}
	defer conn.close()
	if p.away {
		p.log.InfoContext(ctx, "the mail server is back")
		p.away = false
	}
	for i, m := range mails {
		if ctx.Err() != nil {
			return nil
		}
		outcome, err := p.attempt(ctx, conn, shop, m)
		if err != nil {
			return err
		}
		if outcome.ofSender {
			// The others have the same sender: they wait without being tried.
			return p.postpone(ctx, mails[i+1:], outcome.err.Error())
		}
		if !outcome.usable {
			return nil // the others are due at once, over a new connection
		}
	}
	return nil
}

// attempt sends one mail: claims it, hands it over, and notes the outcome,
// also when ctx ends in between.
func (p *Post) attempt(ctx context.Context, conn *connection, shop string, m mail.Mail) (outcome, error) {
	message, err := p.server.message(shop, m)
	if err != nil {
		// No server would take it: the reader's address is none.
		return outcome{usable: true}, p.store.Refused(ctx, m, err.Error(), p.now())
	}
	mine, err := p.store.Claim(ctx, m, p.now().Add(claimTime))
	if err != nil || !mine {
		return outcome{usable: true}, err
	}
	m.Attempts++
	result := conn.send(message)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTime)
	defer cancel()
	p.tellOfSender(ctx, result)
	switch {
	case result.err == nil:
		err = p.store.Sent(ctx, m, p.now())
	case result.refused:
		// The server's words may hold the address: they stay out of the log.
		p.log.WarnContext(ctx, "a mail was refused", "mail", m.ID, "code", result.code)
		err = p.store.Refused(ctx, m, result.err.Error(), p.now())
	default:
		if p.fail(ctx, &m, result.err.Error()); m.Status == mail.Queued {
			p.log.InfoContext(ctx, "a mail has to wait", "mail", m.ID, "code", result.code, "attempts", m.Attempts)
		}
		err = p.store.Failed(ctx, m)
	}
	return result, err
}

// tellOfSender tells the operator once that the server refuses the shop's address,
// and once that it takes it again.
func (p *Post) tellOfSender(ctx context.Context, o outcome) {
	switch {
	case o.ofSender && !p.barred:
		p.log.WarnContext(ctx, "all mails wait", "error", o.err)
		p.barred = true
	case o.err == nil && p.barred:
		p.log.InfoContext(ctx, "the mail server takes mail from the shop's address again")
		p.barred = false
	}
}

// postpone notes one more failed attempt at each of the mails, for the same reason.
func (p *Post) postpone(ctx context.Context, mails []mail.Mail, problem string) error {
	failed := slices.Clone(mails)
	for i := range failed {
		failed[i].Attempts++
		p.fail(ctx, &failed[i], problem)
	}
	return p.store.Postpone(ctx, failed)
}

// fail notes in m that an attempt failed, and tells the operator if it was the last.
func (p *Post) fail(ctx context.Context, m *mail.Mail, problem string) {
	if m.Fail(problem, p.retries, p.now()); m.Status == mail.Refused {
		p.log.WarnContext(ctx, "a mail was given up", "mail", m.ID, "attempts", m.Attempts)
	}
}
