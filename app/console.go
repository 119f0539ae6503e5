package app

import (
	"log/slog"
	"strings"

	"galleria/app/console"
	"galleria/app/edge"
	accountsv1 "galleria/modules/accounts/v1"
	"galleria/platform/process"
)

// NewConsole makes the console; nil in a process without the edge. Only the main process
// may ask all others what they measured: a process with a peer answers 404.
func NewConsole(c Config, p *process.Process, shared *edge.Edge, log *slog.Logger) (*console.Console, error) {
	if !c.Runs(TargetEdge) {
		return nil, nil
	}
	var staff console.Staff
	if c.Peer == "" {
		staff = console.Accounts(accountsv1.NewAccountsServiceClient(p.Connect(TargetEdge, "accounts")))
	}
	return console.New(console.Needs{Process: p.Service(), Staff: staff, Edge: shared}, console.Options{
		Table: FloorTable(c.Modules), BaseURL: strings.TrimSuffix(c.HTTP.BaseURL, "/"), Zone: c.zone(), Log: log.With("module", TargetEdge),
	})
}
