package process

import (
	"testing"

	"google.golang.org/grpc/codes"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"

	"galleria/platform/certs"
	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
	probev1 "galleria/platform/route/probe/v1"
)

func (h *house) client(p *Process) processv1.ProcessServiceClient {
	h.t.Helper()
	conn, err := route.Dial(p.Address(), h.identity(tester, certs.Operator).Client())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { conn.Close() })
	return processv1.NewProcessServiceClient(conn)
}

func TestTheTableOfModulesSaysHowEachIsServed(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	other := h.start("other", places{"alpha": here}, peerOf(main))
	if err := main.Apply(t.Context(), places{"alpha": at(other)}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		wantAnswerFrom(t, main, "other")
	}
	table, err := h.client(main).Modules(t.Context(), &processv1.ModulesRequest{})
	if err != nil || len(table.GetModules()) != 2 {
		t.Fatalf("got %v and error %v, want two rows", table, err)
	}
	alpha, beta := table.GetModules()[0], table.GetModules()[1]
	if alpha.GetModule() != "alpha" || alpha.GetMode() != "remote" || alpha.GetPlace() != at(other).String() || !alpha.GetHealthy() {
		t.Errorf("got row %v, want a healthy alpha, remote at %s", alpha, other.Address())
	}
	if want := other.Running("alpha").StoreID(); alpha.GetStoreId() != want {
		t.Errorf("alpha's store is said to be %q, want %q", alpha.GetStoreId(), want)
	}
	if e := alpha.GetEndpoints(); len(e) != 1 || e[0].GetProcess() != other.name || e[0].GetAddress() != other.Address() || e[0].GetStoreId() != alpha.GetStoreId() {
		t.Errorf("got endpoints %v, want the process %s at %s on the same store", e, other.name, other.Address())
	}
	echo := alpha.GetMethods()[0]
	if echo.GetMethod() != "/platform.route.probe.v1.ProbeService/Echo" || echo.GetCalls() != 3 || echo.GetErrors() != 0 ||
		echo.GetP50().AsDuration() <= 0 || echo.GetP99().AsDuration() < echo.GetP50().AsDuration() || echo.GetPromisedP99().AsDuration() <= 0 {
		t.Errorf("got %v, want three measured calls without errors", echo)
	}
	if beta.GetModule() != "beta" || beta.GetMode() != "local" || beta.GetPlace() != "local" || !beta.GetHealthy() {
		t.Errorf("got row %v, want a healthy local beta", beta)
	}

	stop(t, other)
	ask(t, main)
	eventually(t, "alpha's health in the table", false, func() bool {
		table, err := h.client(main).Modules(t.Context(), &processv1.ModulesRequest{})
		if err != nil {
			t.Fatal(err)
		}
		return table.GetModules()[0].GetHealthy()
	})
}

func TestDeadLettersAreListedAndSentAgainWhereverTheModuleRuns(t *testing.T) {
	for _, where := range []string{"here", "two processes away"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel() // most of the time is spent waiting between attempts
			h := newHouse(t)
			main := h.start("main", nil)
			asked, runs := main, main
			if where != "here" {
				runs = h.start("other", places{"beta": here}, peerOf(main))
				if err := main.Apply(t.Context(), places{"beta": at(runs)}); err != nil {
					t.Fatal(err)
				}
				asked = h.start("far", places{"beta": route.Remote(freeAddress(t))}, peerOf(main))
				asked.mu.Lock() // as if it had not heard of the move yet
				asked.rememberLocked("beta", at(main))
				asked.mu.Unlock()
			}
			makeNotes(t, main, 15) // of which beta can't handle the 13th, and so not those behind it
			client := h.client(asked)
			list := func() []*processv1.ListDeadLettersResponse_DeadLetter {
				t.Helper()
				out, err := client.ListDeadLetters(t.Context(), &processv1.ListDeadLettersRequest{Module: "beta"})
				if err != nil {
					t.Fatal(err)
				}
				return out.GetDeadLetters()
			}
			eventually(t, "dead letters", 3, func() int { return len(list()) })
			first := list()[0]
			if first.GetType() != "platform.route.probe.v1.Noted" || first.GetAggregate() != "notes" || first.GetAttempts() == 0 ||
				first.GetError() == "" || first.GetEventId() == "" || !first.GetParkedAt().IsValid() {
				t.Errorf("got letter %v, want all that is known of it", first)
			}
			table, err := client.Modules(t.Context(), &processv1.ModulesRequest{})
			if err != nil || table.GetModules()[1].GetDeadLetters() != 3 {
				t.Errorf("got %d dead letters in the table and error %v, want 3", table.GetModules()[1].GetDeadLetters(), err)
			}

			resend := func(ids ...string) (int64, error) {
				out, err := client.ResendDeadLetters(t.Context(), &processv1.ResendDeadLettersRequest{Module: "beta", EventIds: ids})
				return out.GetResent(), err
			}
			if _, err := resend(); status.Code(err) != codes.FailedPrecondition {
				t.Errorf("what fails again: got %v, want FailedPrecondition", err)
			}
			if _, err := resend("no such id"); status.Code(err) != codes.NotFound {
				t.Errorf("an unknown id: got %v, want NotFound", err)
			}
			h.repaired.Store(true)
			if n, err := resend(first.GetEventId()); n != 3 || err != nil {
				t.Errorf("got %d and error %v, want the letter and the two behind it", n, err)
			}
			if n, err := resend(); n != 0 || err != nil {
				t.Errorf("again: got %d and error %v, want nothing left to send", n, err)
			}
			wantHeard(t, runs, 15)
		})
	}
}

func TestDeadLettersOfWhatHasNone(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", places{"alpha": here, "beta": route.Remote(freeAddress(t))})
	client := h.client(main)
	for module, want := range map[string]codes.Code{"alpha": codes.OK, "beta": codes.Unavailable, "gamma": codes.NotFound} {
		if _, err := client.ResendDeadLetters(t.Context(), &processv1.ResendDeadLettersRequest{Module: module}); status.Code(err) != want {
			t.Errorf("%s: got %v, want %s", module, err, want)
		}
	}
	if out, err := client.ListDeadLetters(t.Context(), &processv1.ListDeadLettersRequest{Module: "alpha"}); err != nil || len(out.GetDeadLetters()) != 0 {
		t.Errorf("got %v and error %v, want an empty list", out, err)
	}
}

func TestProcessesThatPointToEachOtherDoNotAskForEver(t *testing.T) {
	h := newHouse(t)
	one := h.start("one", places{"beta": route.Remote(freeAddress(t))})
	two := h.start("two", places{"beta": route.Remote(one.Address()), "alpha": here}, peerOf(one))
	one.mu.Lock()
	one.rememberLocked("beta", at(two))
	one.mu.Unlock()
	_, err := h.client(one).ListDeadLetters(t.Context(), &processv1.ListDeadLettersRequest{Module: "beta"})
	if status.Code(err) != codes.Unavailable {
		t.Errorf("got %v, want Unavailable", err)
	}
	wantError(t, err, "point to each other")
}

func TestHealthAndReflectionAnswer(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", places{"alpha": here, "beta": route.Remote(freeAddress(t))})
	conn, err := route.Dial(main.Address(), h.identity(tester, certs.Operator).Client())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for service, want := range map[string]healthv1.HealthCheckResponse_ServingStatus{
		"": healthv1.HealthCheckResponse_SERVING,
		probev1.ProbeService_ServiceDesc.ServiceName: healthv1.HealthCheckResponse_SERVING,
		probev1.RelayService_ServiceDesc.ServiceName: healthv1.HealthCheckResponse_NOT_SERVING,
	} {
		got, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: service})
		if err != nil || got.GetStatus() != want {
			t.Errorf("health of %q: got %s and error %v, want %s", service, got.GetStatus(), err, want)
		}
	}

	stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectionv1.ServerReflectionRequest{MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{}}); err != nil {
		t.Fatal(err)
	}
	answer, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string]bool{}
	for _, s := range answer.GetListServicesResponse().GetService() {
		listed[s.GetName()] = true
	}
	for _, want := range []string{probev1.ProbeService_ServiceDesc.ServiceName, probev1.RelayService_ServiceDesc.ServiceName, processv1.ProcessService_ServiceDesc.ServiceName} {
		if !listed[want] {
			t.Errorf("reflection lists %v, want %s among them", listed, want)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
}

func TestAModuleIsSaidToBeWellFromTheMomentItIsThere(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	p := h.start("beside", nil, peerOf(main))
	conn, err := route.Dial(p.Address(), h.identity(tester, certs.Operator).Client())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	well := func(when string) {
		t.Helper()
		got, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: probev1.ProbeService_ServiceDesc.ServiceName})
		if err != nil || got.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			t.Errorf("%s: got %s and error %v, want SERVING: callers would refuse their own calls", when, got.GetStatus(), err)
		}
	}
	well("passed on")
	if err := p.Apply(t.Context(), places{"alpha": here}); err != nil {
		t.Fatal(err)
	}
	well("moved in")
}

func TestAModuleThatIsIllIsToldSoByTheHealthService(t *testing.T) {
	h := newHouse(t)
	main := h.start("main", nil)
	main.Running("alpha").DB.Close(t.Context())
	conn, err := route.Dial(main.Address(), h.identity(tester, certs.Operator).Client())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	eventually(t, "health of alpha", healthv1.HealthCheckResponse_NOT_SERVING, func() healthv1.HealthCheckResponse_ServingStatus {
		got, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{Service: probev1.ProbeService_ServiceDesc.ServiceName})
		if err != nil {
			t.Fatal(err)
		}
		return got.GetStatus()
	})
}
