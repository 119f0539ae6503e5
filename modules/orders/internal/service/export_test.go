package service

// Watchers is how many wait for a change of an order.
func (s *Service) Watchers(id string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.watched[id])
}
