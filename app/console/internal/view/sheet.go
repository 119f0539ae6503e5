package view

// Sheet is a page of the shop that is made of tables and forms.
type Sheet struct {
	Title string
	// Above leads back to the list that the page is of; may be empty.
	Above Link
	// Done and Problem say what became of the last form.
	Done, Problem string
	// Secret is shown once, to be copied; with what it is.
	Secret, SecretOf string
	Search           *Search
	Filters          []Link
	Facts            []Fact
	// Charts stand above the tables that have their figures.
	Charts []Chart
	Tables []Table
	Forms  []Form
	// Text is long, as it is.
	Text               string
	Newest, Older, CSV string
}

// Search is a form that asks for a list.
type Search struct {
	Action, Query, Hint string
	// State is the filter that stays; may be empty.
	State string
}

// Table is a list of things. The names of its columns stand beside the cells on a phone.
type Table struct {
	Caption, None string
	Heads         []string
	Rows          []Row
	// Send is the id of the form that the chosen rows belong to, by the rows' IDs; "":
	// rows can't be chosen.
	Send string
}

// Chart is a picture of figures, as SVG, and what it shows in words.
type Chart struct{ Caption, SVG string }

// Form changes something.
type Form struct {
	ID, Title, Action, Submit string
	// Key makes a form that is sent twice do its work once.
	Key string
	// Hint says what comes of it.
	Hint   string
	Fields []Field
	// Shut: it is opened by a click.
	Shut bool
	// Upload: it sends a file.
	Upload bool
	// Confirmation is how the second factor is given anew; nil: it is not wanted.
	Confirmation *Confirmation
}

// Field is what is typed or chosen. Kind is text, number, textarea, select, checkbox, file,
// hidden, or another type of an input.
type Field struct {
	Name, Label, Kind, Value, Hint string
	Required, Checked              bool
	Options                        []Option
	Most                           int
	// Step is what a number or time goes up by, in units or seconds; "": as usual.
	Step string
	// Problem is what is wrong with it. With Focus the cursor is in it when the page opens.
	Problem string
	Focus   bool
	// Warnings are what is to be known of the value that is saved.
	Warnings []string
}

// Option is an entry of a select.
type Option struct{ Value, Name string }
