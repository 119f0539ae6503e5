package pictures

import "time"

// FailWritesAfter lets n more files be written, and then fails like a full disk.
func (s *Store) FailWritesAfter(n int, err error) {
	write := s.write
	s.write = func(name string, data []byte) error {
		if n--; n < 0 {
			return err
		}
		return write(name, data)
	}
}

// SetNow sets the clock.
func (s *Store) SetNow(now func() time.Time) { s.now = now }
