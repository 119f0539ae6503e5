package console

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"galleria/app/console/internal/view"
	"galleria/app/moving"
	"galleria/platform/id"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

// Places is the configuration file, as far as it says where modules are.
type Places interface {
	// Now is what the file says of a module, with all keys, and the place it means. An
	// error: there is no such module, or the file can't be read.
	Now(module string) (moving.Move, route.Place, error)
	// Preview is where the module would be after the move; it changes nothing.
	Preview(moving.Move) (route.Place, error)
	// Edit writes the move into the file; comments stay, and the shop follows.
	Edit(moving.Move) error
}

// A module is moved in three steps, each a page that works without scripts, but for a
// passkey:
//
//	form ──GET──> what would happen ──POST, with the second factor──> progress ──POST──> the way back
//
// Only an administrator gets there.
func (c *Console) mover(next echo.HandlerFunc) echo.HandlerFunc {
	return c.admin(func(ctx echo.Context) error {
		if c.Places == nil {
			return echo.NewHTTPError(http.StatusNotFound, "This process does not know the configuration file.")
		}
		return next(ctx)
	})
}

// moveForm shows where the file has the module, to be changed; or what is asked for in
// the address, such as one of the steps after another move.
func (c *Console) moveForm(ctx echo.Context) error {
	file, _, err := c.Places.Now(ctx.Param("module"))
	if err != nil {
		return echo.NewHTTPError(http.StatusNotFound, err.Error())
	}
	asked := fieldsOf(file)
	if mode := ctx.QueryParam("mode"); mode != "" {
		asked.Mode = mode
	}
	if address := ctx.QueryParam("address"); address != "" {
		asked.Address = address
	}
	return c.showMoveForm(ctx, http.StatusOK, asked)
}

func (c *Console) showMoveForm(ctx echo.Context, code int, asked view.MoveFields) error {
	form := view.MoveForm{MoveFields: asked}
	for _, mode := range moving.Modes {
		form.Modes = append(form.Modes, view.Mode{Name: string(mode), Words: modeWords[mode]})
	}
	return c.sheet(ctx, code, "Move "+asked.Module, "/console", view.MovePage(form))
}

var modeWords = map[route.Mode]string{
	route.ModeLocal:  "in the main process",
	route.ModeRemote: "in the processes at the addresses; several are copies",
	route.ModeShadow: "where it is, and what only reads is asked of the other as well, to compare",
	route.ModeCanary: "a share of the calls goes to the other; it grows while that does well",
	route.ModeHeld:   "calls wait, for a moment",
}

// movePreview says what a move would do, and asks for the second factor.
func (c *Console) movePreview(ctx echo.Context) error {
	asked := askedFor(ctx)
	work, done := c.working(ctx)
	defer done()
	return c.showPreview(ctx, work, http.StatusOK, asked, id.Secret(), "")
}

func (c *Console) showPreview(ctx echo.Context, work context.Context, code int, asked view.MoveFields, key, problem string) error {
	plan, err := c.planned(work, asked)
	if err != nil {
		asked.Problem = err.Error()
		return c.showMoveForm(ctx, http.StatusUnprocessableEntity, asked)
	}
	confirmation, err := c.confirmation(ctx, work)
	if err != nil {
		return err
	}
	p := view.MovePreview{
		Confirmation: confirmation, MoveFields: asked, From: plan.from, To: plan.to.String(), Consequences: moving.Consequences(plan.to), Key: key, Seen: plan.seen,
	}
	p.Problem = problem
	for _, step := range moving.Next(asked.Module, plan.to) {
		p.Next = append(p.Next, step.Words)
	}
	return c.sheet(ctx, code, "Move "+asked.Module, "/console", view.MovePreviewPage(p))
}

// planned is a move that makes sense.
type planned struct {
	move moving.Move
	was  moving.Move // what the file says now, to get back to
	from string      // where calls go now, in words
	seen string      // the place in the file, to find out whether it is still the same
	to   route.Place
}

func (c *Console) planned(ctx context.Context, asked view.MoveFields) (planned, error) {
	if asked.Module == "accounts" && asked.Mode == string(route.ModeHeld) {
		return planned{}, errors.New("accounts can't be held from here: it knows who may use this console, which would be shut; galleria move accounts held does it, and galleria move accounts local ends it")
	}
	file, place, err := c.Places.Now(asked.Module)
	if err != nil {
		return planned{}, err
	}
	move, err := moveOf(asked)
	if err != nil {
		return planned{}, err
	}
	p := planned{move: move.Against(file), was: wayBack(file, place), from: place.String(), seen: place.String()}
	if p.to, err = c.Places.Preview(p.move); err != nil {
		return planned{}, err
	}
	if p.to.Mode != p.move.Mode {
		return planned{}, errors.New("a flag or an environment variable says where this module is, and the configuration file does not count; change it there")
	}
	row, err := c.row(ctx, asked.Module)
	if err != nil {
		return planned{}, err
	}
	p.from = row.GetPlace()
	return p, nil
}

// wayBack is the move that restores what the file says.
func wayBack(file moving.Move, place route.Place) moving.Move {
	back := moving.Move{Module: file.Module, Mode: file.Mode}
	switch file.Mode {
	case route.ModeCanary:
		back.Weight, back.Steps, back.Every = place.Weight, file.Steps, file.Every
		if back.Steps == nil {
			back.Steps = []int{}
		}
		fallthrough
	case route.ModeShadow:
		if back.Primary = file.Primary; len(back.Primary) == 0 {
			back.Primary = moving.Home
		}
		fallthrough
	case route.ModeRemote:
		back.Addresses = file.Addresses
	}
	return back
}

// row is what the main process says of a module.
func (c *Console) row(ctx context.Context, module string) (*processv1.ModulesResponse_Module, error) {
	table, err := c.Process.Modules(ctx, &processv1.ModulesRequest{})
	if err != nil {
		return nil, err
	}
	for _, row := range table.GetModules() {
		if row.GetModule() == module {
			return row, nil
		}
	}
	return nil, echo.NewHTTPError(http.StatusNotFound, "There is no module of this name.")
}

// askedFor reads the form, sent by GET or POST.
func askedFor(ctx echo.Context) view.MoveFields {
	text := func(name string) string { return strings.TrimSpace(ctx.FormValue(name)) }
	return view.MoveFields{
		Module: ctx.Param("module"), Mode: text("mode"), Address: text("address"), Primary: text("primary"),
		Weight: text("weight"), Steps: text("steps"), Every: text("every"), Why: text("why"),
	}
}

func fieldsOf(m moving.Move) view.MoveFields {
	f := view.MoveFields{
		Module: m.Module, Mode: string(m.Mode), Address: strings.Join(m.Addresses, ", "), Primary: strings.Join(m.Primary, ", "), Every: m.Every.String(),
	}
	if m.Weight != 0 {
		f.Weight = strconv.Itoa(m.Weight)
	}
	steps := make([]string, len(m.Steps))
	for i, step := range m.Steps {
		steps[i] = strconv.Itoa(step)
	}
	f.Steps = strings.Join(steps, ", ")
	return f
}

// moveOf is the move that a form asks for. Fields that its mode has no use for are left
// out: they are on the form for the other modes.
func moveOf(f view.MoveFields) (moving.Move, error) {
	m := moving.Move{Module: f.Module, Mode: route.Mode(f.Mode)}
	if m.Mode != route.ModeLocal && m.Mode != route.ModeHeld {
		m.Addresses = listed(f.Address)
	}
	if m.Mode == route.ModeShadow || m.Mode == route.ModeCanary {
		if m.Primary = listed(f.Primary); len(m.Primary) == 0 {
			m.Primary = moving.Home
		}
	}
	if m.Mode == route.ModeCanary {
		if err := readCanary(f, &m); err != nil {
			return m, err
		}
	}
	return m, m.Check()
}

func readCanary(f view.MoveFields, m *moving.Move) (err error) {
	if f.Weight != "" {
		if m.Weight, err = strconv.Atoi(f.Weight); err != nil {
			return fmt.Errorf("the weight is a whole number from 1 to 100, not %q", f.Weight)
		}
	}
	m.Steps = []int{}
	for _, text := range listed(f.Steps) {
		step, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("a step is a whole number from 1 to 100, not %q", text)
		}
		m.Steps = append(m.Steps, step)
	}
	if f.Every != "" {
		if m.Every, err = time.ParseDuration(f.Every); err != nil {
			return fmt.Errorf("the time of each step is written such as 30s or 5m, not %q", f.Every)
		}
	}
	return nil
}

func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

func moveLink(module string) string { return "/console/rooms/" + url.PathEscape(module) + "/move" }
