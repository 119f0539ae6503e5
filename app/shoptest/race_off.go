//go:build !race

package shoptest

import "time"

// BackInUse is how soon a module that is back must be in use.
const BackInUse = 5 * time.Second
