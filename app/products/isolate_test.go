package products

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestRowsThatTakeTooLongTogetherAreSentInParts: none is bad for it. A module that hangs is
// asked a few times, and not for each row.
func TestRowsThatTakeTooLongTogetherAreSentInParts(t *testing.T) {
	refused := func(row int, why reasons) []BadRow {
		t.Errorf("row %d is refused: %s", row, why.whole)
		return nil
	}
	rows := make([]int, 1000)
	for i := range rows {
		rows[i] = i
	}
	for _, most := range []int{0, 130, 999} {
		var sent []int
		calls := 0
		taken, bad, err := isolate(slices.Clone(rows), "rows", refused, func(part []int) ([]int, error) {
			if calls++; len(part) > most {
				return part, status.Error(codes.DeadlineExceeded, "too slow")
			}
			sent = append(sent, part...)
			return part, nil
		})
		if most == 0 {
			if status.Code(err) != codes.DeadlineExceeded || len(taken) > 0 || calls > 5 {
				t.Errorf("a module that hangs: took %v in %d calls, error %v", taken, calls, err)
			}
			continue
		}
		if err != nil || len(bad) > 0 || !slices.Equal(taken, rows) || !slices.Equal(sent, rows) {
			t.Errorf("time for %d rows: took %d and sent %d, bad %v, error %v; want all", most, len(taken), len(sent), bad, err)
		}
	}
}
