package app

import (
	"cmp"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/pprof"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	notificationsv1 "galleria/modules/notifications/v1"
	"galleria/platform/plaintext"
	"galleria/platform/process"
)

// Admin is what operators and their tools look at. It has no login: its address
// is never public, and guarded stands before it.
type Admin struct {
	process *process.Process
	mails   notificationsv1.NotificationsServiceClient
	mux     *http.ServeMux

	// pagesServed tells whether the edge of this process takes requests just now; nil: it
	// has no edge.
	pagesServed func() bool
}

// NewAdmin makes the pages.
func NewAdmin(p *process.Process, metrics *prometheus.Registry) *Admin {
	a := &Admin{
		process: p, mux: http.NewServeMux(),
		mails: notificationsv1.NewNotificationsServiceClient(p.Connect(Operator, "notifications")),
	}
	a.mux.HandleFunc("GET /{$}", a.index)
	a.mux.HandleFunc("GET /healthz", a.alive)
	a.mux.HandleFunc("GET /readyz", a.ready)
	a.mux.HandleFunc("GET /readyz/"+TargetEdge, a.edgeReady)
	a.mux.HandleFunc("GET /readyz/{module}", a.moduleReady)
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}))
	a.mux.HandleFunc("GET /mailbox", a.mailbox)
	a.mux.HandleFunc("GET /mailbox/{id}", a.mail)
	a.mux.HandleFunc("GET /mailbox/{id}/html", a.mailHTML)
	a.mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	a.mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	a.mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	a.mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	a.mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return a
}

func (a *Admin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !plaintext.InURL(r.URL) {
		http.Error(w, "this address is no text", http.StatusBadRequest)
		return
	}
	a.mux.ServeHTTP(w, r)
}

// statusWords are what a person reads of a mail's status; one that is not
// here is shown as the contract calls it.
var statusWords = map[notificationsv1.MailStatus]string{
	notificationsv1.MailStatus_MAIL_STATUS_QUEUED:  "waiting",
	notificationsv1.MailStatus_MAIL_STATUS_SENT:    "sent",
	notificationsv1.MailStatus_MAIL_STATUS_REFUSED: "failed",
}

func statusWord(s notificationsv1.MailStatus) string {
	return cmp.Or(statusWords[s], s.String())
}

var pages = template.Must(template.New("").Funcs(template.FuncMap{"status": statusWord}).Parse(`
{{define "head"}}<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Galleria: {{.}}</title><style>` + adminStyle + `</style><h1>{{.}}</h1>{{end}}
{{define "index"}}{{template "head" "Admin"}}<ul>
<li><a href="/mailbox">Mailbox</a><li><a href="/readyz">Readiness of the modules</a>
<li><a href="/metrics">Metrics</a><li><a href="/debug/pprof/">Profiles</a></ul>{{end}}
{{define "mailbox"}}{{template "head" "Mailbox"}}<table><tr><th>When<th>To<th>Subject<th>Status
{{range .GetMails}}<tr><td>{{.GetCreatedAt.AsTime.Format "2006-01-02 15:04:05"}}<td>{{.GetTo}}<td><a href="/mailbox/{{.GetId}}">{{.GetSubject}}</a><td>{{status .GetStatus}}{{with .GetProblem}}: {{.}}{{end}}
{{else}}<tr><td colspan=4>No mails yet.{{end}}</table>{{if .GetNextPageToken}}<p><a href="?page={{.GetNextPageToken}}">Older</a>{{end}}{{end}}
{{define "mail"}}{{template "head" .GetSubject}}<p>To {{.GetTo}}, {{status .GetStatus}}{{with .GetProblem}}: {{.}}{{end}}<iframe sandbox title="HTML part" src="/mailbox/{{.GetId}}/html"></iframe><pre>{{.GetText}}</pre>{{end}}
`))

func (a *Admin) index(w http.ResponseWriter, _ *http.Request) { render(w, "index", nil) }

func (a *Admin) alive(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") }

// moduleState is one module in the readiness report.
type moduleState struct {
	Module  string `json:"module"`
	Mode    string `json:"mode"`
	Ready   bool   `json:"ready"`
	Problem string `json:"problem,omitempty"`
}

func (a *Admin) states() (states []moduleState, ready bool) {
	ready = true
	for _, r := range a.process.Routes() {
		s := moduleState{Module: r.Module(), Mode: string(a.process.Place(r.Module()).Mode), Ready: true}
		if err := a.process.Health(r.Module()); err != nil {
			s.Ready, s.Problem = false, err.Error()
			// For a module that is away elsewhere this process must not be taken out
			// of service, or started again.
			ready = ready && !a.process.AnswersFor(r.Module())
		} else if err := a.process.Problem(r.Module()); err != nil {
			s.Ready, s.Problem, ready = false, err.Error(), false
		}
		states = append(states, s)
	}
	return states, ready
}

func (a *Admin) ready(w http.ResponseWriter, r *http.Request) {
	states, ready := a.states()
	said := map[string]any{"ready": ready, "events_connected": a.process.EventsConnected(), "modules": states}
	if err := cmp.Or(a.process.BrokerProblem(r.Context()), a.process.EventsProblem()); err != nil {
		said["events_problem"] = err.Error()
	}
	report(w, ready, said)
}

// edgeReady is for a load balancer of shoppers: it speaks of the pages alone. A shop whose
// payments are down still shows what it sells, and says itself what can't be had.
func (a *Admin) edgeReady(w http.ResponseWriter, r *http.Request) {
	if a.pagesServed == nil {
		http.Error(w, "this process serves no pages", http.StatusNotFound)
		return
	}
	served := a.pagesServed()
	report(w, served, map[string]bool{"ready": served})
}

func (a *Admin) moduleReady(w http.ResponseWriter, r *http.Request) {
	states, _ := a.states()
	for _, s := range states {
		if s.Module == r.PathValue("module") {
			report(w, s.Ready, s)
			return
		}
	}
	http.NotFound(w, r)
}

func report(w http.ResponseWriter, ready bool, body any) {
	w.Header().Set("Content-Type", "application/json")
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	json.NewEncoder(w).Encode(body)
}

func (a *Admin) mailbox(w http.ResponseWriter, r *http.Request) {
	listed, err := a.mails.ListMails(r.Context(), &notificationsv1.ListMailsRequest{PageToken: r.URL.Query().Get("page")})
	if err != nil {
		failed(w, err)
		return
	}
	render(w, "mailbox", listed)
}

func (a *Admin) mail(w http.ResponseWriter, r *http.Request) {
	got, err := a.mails.GetMail(r.Context(), &notificationsv1.GetMailRequest{Id: r.PathValue("id")})
	if err != nil {
		failed(w, err)
		return
	}
	render(w, "mail", got.GetMail())
}

// mailHTML shows the HTML part as a mail client would: without scripts.
func (a *Admin) mailHTML(w http.ResponseWriter, r *http.Request) {
	got, err := a.mails.GetMail(r.Context(), &notificationsv1.GetMailRequest{Id: r.PathValue("id")})
	if err != nil {
		failed(w, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'")
	fmt.Fprint(w, got.GetMail().GetHtml())
}

func render(w http.ResponseWriter, page string, data any) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	pages.ExecuteTemplate(w, page, data)
}

func failed(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch status.Code(err) {
	case codes.NotFound:
		code = http.StatusNotFound
	case codes.InvalidArgument:
		code = http.StatusBadRequest
	case codes.Unavailable, codes.DeadlineExceeded:
		code = http.StatusServiceUnavailable
	}
	http.Error(w, status.Convert(err).Message(), code)
}
