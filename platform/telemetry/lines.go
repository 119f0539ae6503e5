package telemetry

import (
	"bytes"
	"strings"
	"sync"
	"time"
)

// Lines are the latest lines of a process's log, as they were written: without what
// looks like an identification number, and without secrets of contracts. Safe for
// concurrent use. It is an io.Writer for NewLogger, beside the one that prints.
type Lines struct {
	mu   sync.Mutex
	ring [mostLines]Line
	next int
}

// Line is one line of the log.
type Line struct {
	At   time.Time
	Text string
}

const (
	mostLines   = 2000
	longestLine = 2000
)

// Write takes one line.
func (l *Lines) Write(p []byte) (int, error) {
	text := bytes.TrimRight(p, "\n")
	line := Line{At: time.Now(), Text: strings.ToValidUTF8(string(text[:min(len(text), longestLine)]), "")}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring[l.next%mostLines] = line
	l.next++
	return len(p), nil
}

// Find finds the latest lines, the oldest first: those with an attribute of a value, such
// as request_id; all when key is empty.
func (l *Lines) Find(key, value string, limit int) []Line {
	text, json := key+"="+value, `"`+key+`":"`+value+`"`
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []Line
	for i := l.next - 1; i >= max(0, l.next-mostLines) && len(found) < limit; i-- {
		line := l.ring[i%mostLines]
		if key == "" || strings.Contains(line.Text+" ", " "+text+" ") || strings.Contains(line.Text, json) {
			found = append(found, line)
		}
	}
	for i, j := 0, len(found)-1; i < j; i, j = i+1, j-1 {
		found[i], found[j] = found[j], found[i]
	}
	return found
}
