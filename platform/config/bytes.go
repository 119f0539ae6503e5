package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Bytes is a size, written 512, 64KiB, 10MiB or 2GiB; kB, MB and GB are
// powers of a thousand.
type Bytes int64

var byteUnits = []struct {
	name string
	size int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1},
}

// UnmarshalText reads a size; case does not matter.
func (b *Bytes) UnmarshalText(text []byte) error {
	number, size := strings.TrimSpace(string(text)), int64(1)
	for _, unit := range byteUnits {
		at := len(number) - len(unit.name)
		if at > 0 && strings.EqualFold(number[at:], unit.name) {
			number, size = strings.TrimSpace(number[:at]), unit.size
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/size {
		return fmt.Errorf("%q is not a size such as 512, 64KiB or 10MiB", text)
	}
	*b = Bytes(n * size)
	return nil
}

// MarshalText writes the size in the largest unit that divides it.
func (b Bytes) MarshalText() ([]byte, error) {
	for _, unit := range byteUnits {
		if b != 0 && unit.size > 1 && int64(b)%unit.size == 0 {
			return fmt.Appendf(nil, "%d%s", int64(b)/unit.size, unit.name), nil
		}
	}
	return strconv.AppendInt(nil, int64(b), 10), nil
}

func (b Bytes) String() string {
	text, _ := b.MarshalText() // never fails
	return string(text)
}
