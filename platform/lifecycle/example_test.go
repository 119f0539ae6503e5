package lifecycle_test

import (
	"context"
	"fmt"
	"time"

	"galleria/platform/lifecycle"
)

func Example() {
	var g lifecycle.Group
	g.Add(lifecycle.Component{
		Name:  "store",
		Start: func(context.Context) error { fmt.Println("store opened"); return nil },
		Stop:  func(context.Context) error { fmt.Println("store closed"); return nil },
	})
	g.Add(lifecycle.Component{
		Name: "server",
		Run: func(ctx context.Context, ready func()) error {
			fmt.Println("server serves")
			ready()
			<-ctx.Done()
			fmt.Println("server is gone")
			return nil
		},
		Stop: func(context.Context) error { fmt.Println("server drained"); return nil },
	})
	if err := g.Start(context.Background()); err != nil {
		fmt.Println(err)
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := g.Stop(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// store opened
	// server serves
	// server drained
	// server is gone
	// store closed
}
