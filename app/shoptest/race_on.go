//go:build race

package shoptest

import "time"

// BackInUse is how soon a module that is back must be in use. The shop
// promises 5 s; the race detector makes everything slower.
const BackInUse = 15 * time.Second
