package floorplan

import (
	"context"
	"fmt"
	"sync"

	processv1 "galleria/platform/process/v1"
)

// Source is the main process, asked in this process or from another one.
type Source interface {
	Modules(context.Context, *processv1.ModulesRequest) (*processv1.ModulesResponse, error)
	Processes(context.Context, *processv1.ProcessesRequest) (*processv1.ProcessesResponse, error)
	Measure(context.Context, *processv1.MeasureRequest) (*processv1.MeasureResponse, error)
}

// Survey is what all processes said at one moment: the state of modules and processes,
// and counters since each process started.
type Survey struct {
	Modules   *processv1.ModulesResponse
	Processes []*processv1.Member
	Measured  []*processv1.Measured
}

// Look asks the main process, which asks the others.
func Look(ctx context.Context, from Source) (s Survey, err error) {
	var errs [3]error
	var asked sync.WaitGroup
	asked.Go(func() { s.Modules, errs[0] = from.Modules(ctx, &processv1.ModulesRequest{}) })
	asked.Go(func() {
		var out *processv1.ProcessesResponse
		out, errs[1] = from.Processes(ctx, &processv1.ProcessesRequest{})
		s.Processes = out.GetProcesses()
	})
	asked.Go(func() {
		var out *processv1.MeasureResponse
		out, errs[2] = from.Measure(ctx, &processv1.MeasureRequest{Others: true})
		s.Measured = out.GetProcesses()
	})
	asked.Wait()
	for _, err := range errs {
		if err != nil {
			return s, fmt.Errorf("look at the house: %w", err)
		}
	}
	return s, nil
}
