// Package view draws the console's pages. What they show is prepared as text in
// app/console.
package view

// Frame is what all pages have around them.
type Frame struct {
	Title string
	// Section is the entry of the menu that is marked.
	Section            string
	Stylesheet, Script string
	// Person is the e-mail address of the operator who is logged in; "": none is.
	Person string
	// Live: without a script the page loads again by itself. One with forms does not: what
	// was typed would be lost.
	Live bool
	// Again is after how many seconds.
	Again int
}

// LogInForm is the form to come in.
type LogInForm struct {
	Next, Email, Key string
	NeedsCode        bool
	Problem          string
	// Passkeys is the script that logs in with one; "": there are none.
	Passkeys string
}

// Plan is the front page.
type Plan struct {
	// Wide and Narrow are SVG.
	Wide, Narrow string
	Over         string
	Ills         []Ill
	Lines        []Row
	Events       []Row
	Processes    []Row
	// Stale says why the picture is not of now; "": it is.
	Stale string
}

// Ill is something that is not well.
type Ill struct{ Health, Text, Link string }

// Row is a row of a table: its cells, and how it does.
type Row struct {
	ID, Class string
	Cells     []string
	// Link is where the first cell leads.
	Link string
}

// Fact is a name and what it is.
type Fact struct{ Name, Text, Class string }

// Room is the page of a module.
type Room struct {
	Module, Health, Problem, Stale string
	Facts                          []Fact
	Methods                        []Row
	Reasons                        []Row
	Callers                        []Row
	EventsOut, EventsIn            []Row
	Units                          []Row
	Databases                      []Row
	Changes                        []Row
	// Comparison and Differences are what a shadow has found.
	Comparison, Differences []Row
	// Lines are the latest of its log.
	Lines    []Row
	Contract []Rpc
	// Move is where it can be moved; "": this person can't.
	Move string
}

// Rpc is one method of a contract, readable.
type Rpc struct {
	Name, Comment, Request, Response, Promise string
}

// Events is the page of events.
type Events struct {
	Stale   string
	Modules []Row
	Letters []Letter
	Done    string
}

// Letter is a dead letter.
type Letter struct {
	Module, ID, Type, Aggregate, Error, Payload, Parked, Attempts string
	// Discard is the address of the question whether it is to be given up.
	Discard string
}
