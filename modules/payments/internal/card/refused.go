package card

// Refused is a provider's word that a card can't be one.
type Refused []Problem

func (r Refused) Error() string {
	text := "the provider refuses the card:"
	for _, p := range r {
		text += " " + p.Field
	}
	return text
}
