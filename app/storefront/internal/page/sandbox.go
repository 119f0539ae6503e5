package page

// Sandbox is the payment page of the sandbox. Of Checkout it uses what its fields
// need.
type Sandbox struct {
	Checkout
	Description string
	CancelURL   string
	ReturnURL   string // once it is paid, unless the page does not lead back
	Consent     bool   // the bank asks the card's holder
	Paid        bool
	Ended       bool
}
