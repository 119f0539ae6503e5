package console

import (
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"
)

const (
	// A stream lasts liveFor; the browser opens another one, with the session checked
	// anew.
	liveFor = 5 * time.Minute
	// writeWithin bounds how long a browser may leave a word unread.
	writeWithin = 10 * time.Second
)

// live tells a page, as server-sent events, when there is something new to ask for.
func (c *Console) live(ctx echo.Context) error {
	w := ctx.Response()
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	control := http.NewResponseController(w)
	end := time.NewTimer(liveFor)
	defer end.Stop()
	for n := 0; ; n++ {
		_, next, _ := c.watch.house()
		if err := control.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
			return nil // the browser has closed the connection
		}
		if _, err := fmt.Fprintf(w, "event: look\ndata: %d\n\n", n); err != nil {
			return nil
		}
		if control.Flush() != nil {
			return nil
		}
		select {
		case <-next:
		case <-end.C:
			return nil
		case <-c.ending:
			return nil
		case <-ctx.Request().Context().Done():
			return nil
		}
	}
}
