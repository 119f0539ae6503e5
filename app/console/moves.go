package console

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/auditlog"
	"galleria/app/console/internal/view"
	"galleria/app/moving"
	"galleria/platform/id"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

const (
	// keptMoves bounds how many moves made here have a page of progress. The audit log of
	// moves has them all.
	keptMoves = 100
	// backWithin is how long the way back is one click for who made the move: the code
	// or passkey that confirmed it stands for both.
	backWithin = 15 * time.Minute
)

// ordered is a move that was ordered here.
type ordered struct {
	id, module, who, from string
	to                    route.Place
	back                  moving.Move
	at                    time.Time
}

// moves are those that were ordered in this process since it started. One is ordered at
// a time; a form that comes twice orders once.
type moves struct {
	ordering sync.Mutex // held while one is ordered

	mu    sync.Mutex
	byKey map[string]*ordered // by the key of the form
	byID  map[string]*ordered
	all   []string // keys, the oldest first
}

func newMoves() *moves { return &moves{byKey: map[string]*ordered{}, byID: map[string]*ordered{}} }

func (m *moves) ofKey(key string) *ordered {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byKey[key]
}

func (m *moves) ofID(module, id string) *ordered {
	m.mu.Lock()
	defer m.mu.Unlock()
	if o := m.byID[id]; o != nil && o.module == module {
		return o
	}
	return nil
}

func (m *moves) keep(key string, o *ordered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.byKey[key], m.byID[o.id] = o, o
	if m.all = append(m.all, key); len(m.all) > keptMoves {
		delete(m.byID, m.byKey[m.all[0]].id)
		delete(m.byKey, m.all[0])
		m.all = m.all[1:]
	}
}

func (o *ordered) link() string {
	return "/console/rooms/" + url.PathEscape(o.module) + "/moves/" + o.id
}

// orderMove confirms the person and writes the move into the file.
func (c *Console) orderMove(ctx echo.Context) error {
	work, done := c.working(ctx)
	defer done()
	asked, key := askedFor(ctx), ctx.FormValue("key")
	if len(key) < 16 || len(key) > 128 {
		return echo.NewHTTPError(http.StatusBadRequest, "This form has no key: go back, and fill it in again.")
	}
	key = personOf(ctx).Email + " " + key
	c.moves.ordering.Lock()
	defer c.moves.ordering.Unlock()
	if before := c.moves.ofKey(key); before != nil {
		return ctx.Redirect(http.StatusSeeOther, before.link())
	}
	plan, err := c.planned(work, asked)
	if err != nil {
		asked.Problem = err.Error()
		return c.showMoveForm(ctx, http.StatusUnprocessableEntity, asked)
	}
	if ctx.FormValue("seen") != plan.seen {
		return c.showPreview(ctx, work, http.StatusConflict, asked, ctx.FormValue("key"), "Nothing was changed: the module was moved since you looked. This is what would happen now.")
	}
	var tooMany TooMany
	var wrong errForm
	err = c.confirm(ctx, work)
	switch {
	case errors.As(err, &wrong):
		return c.showPreview(ctx, work, http.StatusUnprocessableEntity, asked, ctx.FormValue("key"), "Nothing was changed: "+wrong.Error())
	case errors.As(err, &tooMany):
		ctx.Response().Header().Set("Retry-After", tooMany.Seconds)
		return c.showPreview(ctx, work, http.StatusTooManyRequests, asked, ctx.FormValue("key"), "There were too many tries. Try again in "+tooMany.Seconds+" seconds. Nothing was changed.")
	case errors.Is(err, ErrNoSession):
		return c.toLogin(ctx)
	case err != nil:
		return err
	}
	return c.order(ctx, work, key, plan, asked.Why)
}

// order announces who moves, for the audit log, and edits the file. What comes of it is
// on the page that it leads to.
func (c *Console) order(ctx echo.Context, work context.Context, key string, plan planned, why string) error {
	o := &ordered{
		id: id.New(), module: plan.move.Module, who: personOf(ctx).Email, from: plan.from, to: plan.to, back: plan.was, at: c.now(),
	}
	if _, err := c.Process.Announce(work, &processv1.AnnounceRequest{Module: o.module, Who: o.who, Why: why}); err != nil {
		return err
	}
	if err := c.Places.Edit(plan.move); err != nil {
		return err
	}
	c.moves.keep(key, o)
	c.note(ctx, auditlog.Entry{Action: "moved", Thing: "module " + o.module, From: o.from, To: o.to.String(), Detail: why})
	c.log.InfoContext(work, "a module is moved from the console", "moved", o.module, "from", o.from, "to", o.to.String(), "who", o.who, "why", why)
	return ctx.Redirect(http.StatusSeeOther, o.link())
}

// moveProgress shows what has come of a move; live, until it is done or refused.
func (c *Console) moveProgress(ctx echo.Context) error {
	o := c.moves.ofID(ctx.Param("module"), ctx.Param("id"))
	if o == nil {
		return echo.NewHTTPError(http.StatusNotFound, "This process does not know this move any more. The page of the module shows the latest moves.")
	}
	work, done := c.working(ctx)
	defer done()
	row, err := c.row(work, o.module)
	if err != nil {
		return err
	}
	p := view.MoveProgress{
		Module: o.module, From: o.from, To: o.to.String(), Now: row.GetPlace(), Who: o.who, At: c.when(o.at), Consequences: moving.Consequences(o.to), Canary: row.GetProgress(),
	}
	p.Done, p.Problem = moving.Outcome(row, o.to)
	if _, file, err := c.Places.Now(o.module); err != nil || !file.Equal(o.to) {
		p.Done, p.Problem, p.Superseded = false, "", true
	}
	if !p.Superseded && c.mayGoBack(ctx, o) {
		p.Back = o.link() + "/back"
	}
	for _, step := range moving.Next(o.module, o.to) {
		p.Next = append(p.Next, nextLink(o.module, step))
	}
	frame := view.Frame{Title: "Move " + o.module, Section: "/console", Live: !p.Done && !p.Superseded, Again: 2}
	return c.page(ctx, http.StatusOK, frame, view.MoveProgressPage(p))
}

func nextLink(module string, step moving.Step) view.Link {
	if step.Move == nil {
		return view.Link{Name: step.Words, Address: roomLink(module, "")}
	}
	query := url.Values{"mode": {string(step.Move.Mode)}}
	for _, address := range step.Move.Addresses {
		query.Add("address", address)
	}
	return view.Link{Name: step.Words + " …", Address: moveLink(module) + "?" + query.Encode()}
}

func (c *Console) mayGoBack(ctx echo.Context, o *ordered) bool {
	return o.who == personOf(ctx).Email && c.now().Sub(o.at) < backWithin
}

// moveBack undoes a move of the same person, a short time after it.
func (c *Console) moveBack(ctx echo.Context) error {
	o := c.moves.ofID(ctx.Param("module"), ctx.Param("id"))
	if o == nil || !c.mayGoBack(ctx, o) {
		return echo.NewHTTPError(http.StatusConflict, "Only the person who made the move gets back by one click, and only for a quarter of an hour. Move the module from its own page.")
	}
	work, done := c.working(ctx)
	defer done()
	key := "back of " + o.id
	c.moves.ordering.Lock()
	defer c.moves.ordering.Unlock()
	if before := c.moves.ofKey(key); before != nil {
		return ctx.Redirect(http.StatusSeeOther, before.link())
	}
	file, now, err := c.Places.Now(o.module)
	if err != nil {
		return err
	}
	if !now.Equal(o.to) {
		return echo.NewHTTPError(http.StatusConflict, "The module was moved again since. Its page shows where it is.")
	}
	plan := planned{move: o.back.Against(file), was: wayBack(file, now), from: now.String()}
	if plan.to, err = c.Places.Preview(plan.move); err != nil {
		return echo.NewHTTPError(http.StatusConflict, "The way back is not possible: "+err.Error())
	}
	return c.order(ctx, work, key, plan, "the way back")
}
