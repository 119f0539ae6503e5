package page

// Form is a page with one form, or with news only when it has no Action.
type Form struct {
	Frame
	Notice  *Notice
	Heading string
	Lead    string
	Fact    string // to be copied by hand
	Action  string
	Hidden  []Hidden
	Fields  []Field
	// Username is whose password is asked for, for programs that keep passwords.
	Username string
	Submit   string
	Ceremony *Ceremony // nil: none
	Links    []Point   // where else to go
}

// Ceremony is a form that a script fills in with a passkey. It is hidden without it.
type Ceremony struct {
	Kind    string // "add" or "log in"
	Options string // for the browser, in JSON; "": the script posts to Begin for them
	Begin   string
	Action  string
	Submit  string
	Script  string // address
	Hidden  []Hidden
	Without string // what is said to those without a script; "": nothing
}

// Field is one thing to fill in.
type Field struct {
	Name, Label, Hint string
	Kind              string // "email", "password"; "": text
	Auto              string // what browsers fill in by
	Value             string
	Length            string
	Need              bool
	Options           []Option // to choose from; none: it is typed
	Called            string   // as accounts calls it; "": by its name
	Problem           string   // what is wrong with it
}

func (f Field) kind() string {
	if f.Kind == "" {
		return "text"
	}
	return f.Kind
}

func (f Field) describedBy() string {
	by := ""
	if f.Hint != "" {
		by = f.Name + "-hint"
	}
	if f.Problem != "" {
		if by != "" {
			by += " "
		}
		by += f.Name + "-error"
	}
	return by
}

// Account is the front page of one's account.
type Account struct {
	Frame
	Notice *Notice
	Email  string
	Name   string
	Form   Form // to change the name
}

// Addresses is where one sees and changes where goods are sent.
type Addresses struct {
	Frame
	Notice    *Notice
	Addresses []Address // the one that is used first is the first
	Form      Form
}

// Address is where goods are sent, line by line.
type Address struct {
	ID    string
	Lines []string
}

// Orders is the history of a person's orders, or a page of it.
type Orders struct {
	Frame
	Email    string
	Verified bool // orders of the address are known to be the person's
	Orders   []Bought
	Newest   bool   // it is the first page
	Older    string // address of the next page; "": this is the last
}

// Bought is an order in a list.
type Bought struct {
	Number, Date, Status, Total, Href string
}

// Security is where one sees and changes what opens the account.
type Security struct {
	Frame
	Notice       *Notice
	Password     Form
	Staff        bool // of the shop
	SecondFactor bool
	Passkeys     []Passkey
	CanAdd       bool // browsers make passkeys for the shop's address
	Sessions     []Session
}

// Passkey logs a person in without a password.
type Passkey struct {
	ID, Name, Since string
	Used            string // "": never
}

// Session is a place where the account is open.
type Session struct {
	ID, Device, Client, Since, Used string
	Current                         bool
}
