package payment

// Method is a card held by the provider.
type Method struct {
	ID    string // the provider's reference
	Brand string
	Last4 string
}
