package floorplan

import "time"

// House is the shop as it was at one moment, for drawing and for programs. Its
// JSON has durations in seconds.
type House struct {
	// Over is the time in which rates were measured.
	Over time.Duration `json:"-"`
	// Rooms are the modules, in order of need: those that are needed first.
	Rooms []Room `json:"rooms"`
	// Callers are those who call modules and are none.
	Callers   []string  `json:"callers"`
	Calls     []Line    `json:"calls"`
	Events    []Event   `json:"events"`
	Processes []Process `json:"processes"`
	// Ills say in words what is ill, the worst first; none: all is well.
	Ills []Ill `json:"ills"`
	// Stream is how many bytes the events take that the broker keeps.
	Stream int64 `json:"stream_bytes"`
}

// Room is one module.
type Room struct {
	Module string `json:"module"`
	// Mode is local, remote, shadow, canary or held; "": the module is nowhere.
	Mode string `json:"mode"`
	// Place is where it is, in words; Wanted where it is to get to, if that is another
	// place, and WantedProblem why it is not there.
	Place         string `json:"place"`
	Wanted        string `json:"wanted,omitempty"`
	WantedProblem string `json:"wanted_problem,omitempty"`
	// Progress is how far a canary has come.
	Progress string `json:"progress,omitempty"`
	// Weight is how many of a hundred calls the second arm of a canary gets.
	Weight int `json:"weight,omitempty"`
	// Arms are where calls go: of a shadow or canary two. None: it is nowhere, or held.
	Arms   []Arm  `json:"arms"`
	Health Health `json:"health"`
	// Problem says why it is not well.
	Problem string `json:"problem,omitempty"`
	// Rate is how many calls a second it got, Errors how many of them failed.
	Rate   float64 `json:"rate"`
	Errors float64 `json:"errors"`
	// Slowest is its method that comes nearest to its promise, or is furthest beyond it;
	// nil: none was called.
	Slowest *Method `json:"slowest,omitempty"`
	// Methods are those of the contract, in its order.
	Methods []Method `json:"methods"`
	// Outbox counts events that wait to be published, Waiting those that it has still to
	// handle, and DeadLetters those that wait for an operator.
	Outbox      int64      `json:"outbox"`
	Waiting     int64      `json:"waiting"`
	DeadLetters int64      `json:"dead_letters"`
	Databases   []Database `json:"databases"`
}

// Arm is one of the places that calls to a module go to.
type Arm struct {
	// Here: it is in the main process.
	Here  bool   `json:"here"`
	Units []Unit `json:"units"`
}

// Unit is a process as it serves a module.
type Unit struct {
	Process string `json:"process,omitempty"`
	// Address is empty for the main process.
	Address    string `json:"address,omitempty"`
	Version    string `json:"version,omitempty"`
	Generation int64  `json:"generation,omitempty"`
	// InFlight is how many calls are in it.
	InFlight int64 `json:"calls_in_flight"`
	// Problem says why calls to it are likely to fail.
	Problem string `json:"problem,omitempty"`
}

// Database is a module's database as one process sees it.
type Database struct {
	Process    string `json:"process"`
	Dialect    string `json:"dialect"`
	Store      string `json:"store_id"`
	Generation int64  `json:"generation"`
	// Schema is the number of the last migration.
	Schema  int64  `json:"schema"`
	Bytes   int64  `json:"bytes"`
	Commits int64  `json:"commits"`
	Writes  int64  `json:"writes"`
	Problem string `json:"problem,omitempty"`
}

// Line is the calls of one caller to one module.
type Line struct {
	Caller string `json:"caller"`
	Module string `json:"module"`
	// Declared: the caller lists the module among its needs.
	Declared bool `json:"declared"`
	// Kept is how the promise is kept.
	Kept   Kept    `json:"kept"`
	Rate   float64 `json:"rate"`
	Errors float64 `json:"errors"`
	// Calls are all since the processes started.
	Calls int64 `json:"calls"`
	// Slowest as in Room.
	Slowest *Method  `json:"slowest,omitempty"`
	Methods []Method `json:"methods"`
	// Unused are methods that the caller declares and has not called.
	Unused []string `json:"unused"`
	// Undeclared counts calls that were refused because the caller does not declare
	// them, by method, or by "" when it does not declare the need.
	Undeclared map[string]int64 `json:"undeclared,omitempty"`
}

// Method is what was measured of one method: of one caller, or of all.
type Method struct {
	// Name is without that of the service.
	Name string `json:"name"`
	// Calls are all since the processes started; the others are of the time in which
	// rates were measured, or of all time where there were too few calls in it.
	Calls    int64         `json:"calls"`
	Rate     float64       `json:"rate"`
	Errors   float64       `json:"errors"`
	P50      time.Duration `json:"-"`
	P99      time.Duration `json:"-"`
	Promised time.Duration `json:"-"`
	// Late is the part of the calls that took longer than promised.
	Late float64 `json:"late"`
	Kept Kept    `json:"kept"`
	// Reasons counts answers that are errors, since the processes started, by their
	// reason.
	Reasons map[string]int64 `json:"reasons,omitempty"`
}

// Event is one type of event on its way from the module that publishes it to one that
// hears it.
type Event struct {
	Type string `json:"type"`
	From string `json:"from"`
	To   string `json:"to"`
	// Rate is how many a second were handled; Handled all since the processes started.
	Rate    float64 `json:"rate"`
	Handled int64   `json:"handled"`
	// Published counts all since the processes started.
	Published int64 `json:"published"`
}

// Process is one process of the shop.
type Process struct {
	Name      string        `json:"process"`
	Main      bool          `json:"main"`
	Address   string        `json:"address,omitempty"`
	Version   string        `json:"version,omitempty"`
	Targets   []string      `json:"targets"`
	Modules   []string      `json:"modules"`
	State     string        `json:"state"`
	Problem   string        `json:"problem,omitempty"`
	Uptime    time.Duration `json:"-"`
	Memory    int64         `json:"memory_bytes"`
	Goroutine int64         `json:"goroutines"`
}

// Ill is one thing that is not well.
type Ill struct {
	// Module is whose; "": the house's.
	Module string `json:"module,omitempty"`
	Health Health `json:"health"`
	Text   string `json:"text"`
}

// Health is how something does.
type Health string

// The states of health.
const (
	Well Health = "well"
	// Sick: it does part of its work, or not as promised.
	Sick Health = "ill"
	Down Health = "down"
)

// Kept is how the promise of a contract is kept.
type Kept string

// How promises are kept.
const (
	// Unused: declared, and never called.
	Unused Kept = "unused"
	// Idle: called before, not lately.
	Idle Kept = "idle"
	// AsPromised: quick enough, and hardly any errors.
	AsPromised Kept = "kept"
	// Nearly: little is missing until it is broken.
	Nearly Kept = "nearly"
	Broken Kept = "broken"
	// NotDeclared: calls were refused that the caller does not declare.
	NotDeclared Kept = "undeclared"
)

// Rate is how many calls a second all modules together got.
func (h House) Rate() (rate float64) {
	for _, r := range h.Rooms {
		rate += r.Rate
	}
	return rate
}

// Room is the room of a module; false when there is none.
func (h House) Room(module string) (Room, bool) {
	for _, r := range h.Rooms {
		if r.Module == module {
			return r, true
		}
	}
	return Room{}, false
}
