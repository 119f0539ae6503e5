package floorplan

import (
	"fmt"
	"strconv"
	"time"
)

// Rate writes calls a second with about three digits.
func Rate(perSecond float64) string {
	switch {
	case perSecond == 0:
		return "0/s"
	case perSecond < 0.1:
		return fmt.Sprintf("%.1f/min", perSecond*60)
	case perSecond < 10:
		return fmt.Sprintf("%.1f/s", perSecond)
	case perSecond < 10_000:
		return fmt.Sprintf("%.0f/s", perSecond)
	}
	return fmt.Sprintf("%.0fk/s", perSecond/1000)
}

// Share writes errors as a part of calls.
func Share(errors, calls float64) string {
	switch {
	case errors == 0 || calls == 0:
		return "no errors"
	case errors/calls < 0.001:
		return "<0.1 % errors"
	}
	return strconv.FormatFloat(100*errors/calls, 'f', 1, 64) + " % errors"
}

// Duration writes a time with two or three digits.
func Duration(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return strconv.FormatInt(d.Nanoseconds(), 10) + " ns"
	case d < time.Millisecond:
		return digits(float64(d)/float64(time.Microsecond)) + " µs"
	case d < time.Second:
		return digits(float64(d)/float64(time.Millisecond)) + " ms"
	}
	return digits(d.Seconds()) + " s"
}

// Late writes a time, and the shorter one that was promised, so that they differ: with as
// many digits as that takes.
func Late(took, promised time.Duration) (string, string) {
	if a, b := Duration(took), Duration(promised); a != b || took == promised {
		return a, b
	}
	unit, name := time.Second, " s"
	for _, smaller := range []struct {
		unit time.Duration
		name string
	}{{time.Millisecond, " ms"}, {time.Microsecond, " µs"}, {time.Nanosecond, " ns"}} {
		if promised < unit {
			unit, name = smaller.unit, smaller.name
		}
	}
	for digits := 1; ; digits++ {
		a := strconv.FormatFloat(float64(took)/float64(unit), 'f', digits, 64)
		b := strconv.FormatFloat(float64(promised)/float64(unit), 'f', digits, 64)
		if a != b || digits == 9 {
			return a + name, b + name
		}
	}
}

func digits(f float64) string {
	if f < 9.95 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	return strconv.FormatFloat(f, 'f', 0, 64)
}

// count writes a number with what is counted.
func count(n int64, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.FormatInt(n, 10) + " " + one + "s"
}

// Bytes writes a size in the unit that suits it.
func Bytes(n int64) string {
	if n == 0 {
		return "–"
	}
	size, units := float64(n), []string{"B", "KB", "MB", "GB", "TB"}
	for size >= 1000 && len(units) > 1 {
		size, units = size/1024, units[1:]
	}
	return digits(size) + " " + units[0]
}
