// Package heap keeps a program that holds little memory from collecting garbage
// all the time.
//
// Go's collector works each time the heap has doubled since it last did. A process
// that holds 10 MiB therefore collects at every 10 MiB that its requests leave
// behind, many times a second when it is busy; of one that holds less than 4 MiB,
// that is half of what a call between modules costs.
package heap

import (
	"os"
	"runtime"
	"runtime/debug"
)

// Floor is what a heap is taken to hold at least, in bytes. The memory of the
// process grows by as much at most, and only while there is work.
const Floor = 32 << 20

// Raise has the collector take the heap for larger by Floor, until release is
// called: the difference is a block that is never written to, which the system
// therefore gives no memory. An operator who sets GOGC or GOMEMLIMIT decides alone:
// then it does nothing.
func Raise() (release func()) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	block := make([]byte, Floor)
	return func() { runtime.KeepAlive(block) }
}

// Settle gives memory that is free back to the system at once, where the collector
// takes minutes: for the end of a start, which leaves behind as much as it loads. It
// collects garbage once.
func Settle() { debug.FreeOSMemory() }
