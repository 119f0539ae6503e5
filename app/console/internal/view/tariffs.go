package view

// Tariffs is a page of what the shop charges: a form with lists whose rows are added and
// taken away by buttons of the form, so that it needs no script.
type Tariffs struct {
	Title, Address string
	Tabs           []Link
	Done, Problem  string
	Facts          []Fact
	// Reset leads to the question whether to return to the configuration; "": this person
	// can't, or it holds already.
	Reset string
	// Seen is the version that the form was filled from.
	Seen string
	// MayChange: else what stands in the fields can only be read.
	MayChange bool
	// Unpriced says in which of the shop's currencies no delivery has a price. It stands
	// with the prices, where there are any.
	Unpriced []string
	// Differs is how what is typed differs from what is saved: shown after another person
	// has saved something.
	Differs []Row
	Groups  []TariffGroup
	// Add is the button that adds a group; may be empty.
	Add TariffButton
	// Try are the fields of a parcel, and Tried says what it would cost; nil: not asked.
	Try   []TariffField
	Tried *TariffTried
}

// TariffTried is what a parcel would cost: the ways to send it, and a sentence on its total.
type TariffTried struct {
	Ways  Table
	Total string
}

// TariffGroup is what belongs together, such as an option for delivery.
type TariffGroup struct {
	ID, Legend string
	Fields     []TariffField
	Lists      []TariffList
	// Remove takes the group away; may be empty.
	Remove TariffButton
}

// TariffList is a list with a row for each entry.
type TariffList struct {
	ID, Title, Hint string
	// Warnings are what is to be known of what is saved.
	Warnings []string
	Rows     []TariffRow
	Add      TariffButton
}

// TariffRow is an entry of a list.
type TariffRow struct {
	Fields []TariffField
	Remove TariffButton
}

// TariffButton sends the form to have something done with it, and nothing saved. Value
// says what, Label is what people read, Long what they hear where that is not enough.
type TariffButton struct{ Value, Label, Long string }

// TariffField is a text that is typed. Problem says what is wrong with it.
type TariffField struct {
	ID, Name, Label, Value, Problem string
	// Wide takes the room that is left in its row.
	Wide bool
	Most int
	// Focus: it is where the person goes on typing.
	Focus bool
}

// TariffReset is the question whether to return to the configuration.
type TariffReset struct {
	Problem, Seen, Address string
	Above                  Link
	Differs                []Row
}
