package process

import (
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	probev1 "galleria/platform/route/probe/v1"
)

// betaCalls lets beta declare which methods of alpha it calls.
func betaCalls(methods ...string) func(*Options) {
	return func(o *Options) { o.Definitions[0].Calls = methods }
}

// TestAContractIsComparedForTheMethodsThatAreCalledFromHere, wherever it is served.
func TestAContractIsComparedForTheMethodsThatAreCalledFromHere(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	beside := h.start("beside", places{"beta": here}, peerOf(main), betaCalls(probev1.ProbeService_Echo_FullMethodName), func(o *Options) { o.Identity = h.identity("beta") })
	for name, c := range map[string]struct {
		removed        string
		main, besideOf string // what they say; "": they fit
	}{
		"a method that only others call": {"Once", "method Once is missing", ""},
		"one that it calls":              {"Echo", "method Echo is missing", "method Echo is missing"},
	} {
		said, err := service{process: main}.Describe(t.Context(), &processv1.DescribeRequest{Module: "alpha"})
		if err != nil {
			t.Fatal(err)
		}
		said.Process = "of another release"
		for _, file := range said.GetContract().GetFile() {
			for _, s := range file.GetService() {
				if file.GetPackage()+"."+s.GetName() == probev1.ProbeService_ServiceDesc.ServiceName {
					for i, m := range slices.Backward(s.Method) {
						if m.GetName() == c.removed {
							s.Method = slices.Delete(s.Method, i, i+1)
						}
					}
				}
			}
		}
		for p, want := range map[*Process]string{main: c.main, beside: c.besideOf} {
			_, err := p.judge(p.ordered[0], said)
			if want == "" && err != nil || want != "" && err == nil {
				t.Errorf("%s, from %s: got %v, want %q", name, p.name, err, want)
			}
			if want != "" {
				wantError(t, err, want)
			}
		}
	}
}

func TestACallThatIsNotDeclaredIsRefusedWhereverTheModuleIs(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil, betaCalls(probev1.ProbeService_Once_FullMethodName))
	other := h.start("other", places{"alpha": here}, peerOf(main))
	pass := func() error {
		_, err := probev1.NewRelayServiceClient(main.Connect(tester, "beta")).Pass(t.Context(), &probev1.PassRequest{})
		return err
	}
	for _, where := range []*Process{main, other} {
		if where != main {
			if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
				t.Fatal(err)
			}
		}
		err := pass()
		if status.Code(err) != codes.PermissionDenied {
			t.Errorf("alpha in %s: got %v, want PermissionDenied", where.name, err)
		}
		wantError(t, err, `"beta" does not declare that it calls /platform.route.probe.v1.ProbeService/Echo`)
		if n := h.trace("main", "alpha").calls.Load() + h.trace("other", "alpha").calls.Load(); n != 0 {
			t.Errorf("alpha was called %d times", n)
		}
	}
	wantAnswerFrom(t, main, "other") // one that declares nothing may call all
}
