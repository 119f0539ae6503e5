package products

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestRowsThatTakeTooLongTogetherAreSentInParts, and one that takes too long alone is no bad
// row.
func TestRowsThatTakeTooLongTogetherAreSentInParts(t *testing.T) {
	refused := func(row int, reason string) []BadRow {
		t.Errorf("row %d is refused: %s", row, reason)
		return nil
	}
	rows := []int{1, 2, 3, 4, 5, 6, 7}
	for most := range 4 {
		var sent []int
		taken, bad, err := isolate(slices.Clone(rows), "rows", refused, func(part []int) ([]int, error) {
			if len(part) > most {
				return part, status.Error(codes.DeadlineExceeded, "too slow")
			}
			sent = append(sent, part...)
			return part, nil
		})
		if most == 0 {
			if status.Code(err) != codes.DeadlineExceeded || len(taken) > 0 {
				t.Errorf("a module without time for one row: took %v with error %v", taken, err)
			}
			continue
		}
		if err != nil || len(bad) > 0 || !slices.Equal(taken, rows) || !slices.Equal(sent, rows) {
			t.Errorf("time for %d rows: took %v, bad %v, error %v; want all", most, taken, bad, err)
		}
	}
}
