package page

// Sandbox is the payment page of the sandbox. Of Checkout it uses what its fields
// need.
type Sandbox struct {
	Checkout
	Description string
	CancelURL   string
	ReturnURL   string // once it is paid, unless the page does not lead back
	Elsewhere   string // the host that ReturnURL and CancelURL lead to, when it is another one than this
	Cancels     bool   // the order is one of this shop, and can be called off from here
	Consent     bool   // the bank asks the card's holder
	Paid        bool
	Ended       bool
}

// onwards are the words of a link away from the page: as given, unless it leads to
// another site.
func (s Sandbox) onwards(toTheShop string) string {
	if s.Elsewhere != "" {
		return "Go on to " + s.Elsewhere
	}
	return toTheShop
}
