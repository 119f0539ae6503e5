package storefront

// FillQueue makes the next checkout one too many, until empty is called.
func (s *Storefront) FillQueue() (empty func()) { return s.edge.Checkouts.Fill() }

// Crowd makes the next page of the catalogue one too many, until disperse is called.
func (s *Storefront) Crowd() (disperse func()) { return s.edge.Lookers.Fill() }
