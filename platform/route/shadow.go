package route

import (
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"galleria/platform/telemetry"
)

// Bounds of what a shadow may cost.
const (
	// shadowCalls is how many calls the second arm is asked at once; more are
	// skipped and counted.
	shadowCalls = 8
	// shadowSamples is how many different differences of each kind and method are kept.
	shadowSamples = 5
)

// NewShadow makes a target where primary answers, and calls without side effects
// go to second as well. Each is asked after the caller has its answer, with the
// same request, marked as a shadow call: it is counted apart, changes nothing in
// any process it passes, and is not split again.
func (r *Route) NewShadow(primary, second *Target) *Target {
	s := &shadow{primary: primary.carrier, second: second.carrier, slots: make(chan struct{}, shadowCalls)}
	s.life, s.end = context.WithCancel(context.Background())
	for _, m := range r.methods {
		s.reports = append(s.reports, &shadowReport{method: m.Name, counts: map[Kind]int64{}, samples: map[Kind][]Sample{}})
	}
	r.compared.Store(s)
	return newTarget(Shadow(primary.place, second.place), s)
}

// Comparison is what a shadow has found of one method.
type Comparison struct {
	// Method is the full gRPC name.
	Method string
	// Counts has how many calls were the same or differed, by kind.
	Counts map[Kind]int64
	// Samples are the first differences of each kind.
	Samples []Sample
	// FirstP50 and so on are how long the arms took for the calls compared.
	FirstP50, FirstP99, SecondP50, SecondP99 time.Duration
}

// Sample is a pair of answers that differ.
type Sample struct {
	Kind        Kind
	At          time.Time
	Request     string // its id
	Differences []Difference
	// Times is how many pairs differed so; At and Request are of the first.
	Times int
}

// Comparisons are those of the route's shadow, or of its last one; in the
// contract's order, only methods that were called.
func (r *Route) Comparisons() []Comparison {
	s := r.compared.Load()
	if s == nil {
		return nil
	}
	var all []Comparison
	for _, report := range s.reports {
		if c := report.comparison(); len(c.Counts) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// shadow is a carrier of two arms. The caller waits for the first only.
type shadow struct {
	primary, second carrier
	slots           chan struct{}
	life            context.Context
	end             context.CancelFunc
	asking          sync.WaitGroup
	reports         []*shadowReport // in the contract's order
}

func (s *shadow) healthy() error { return s.primary.healthy() }

func (s *shadow) endpoints() []EndpointState {
	return slices.Concat(s.primary.endpoints(), s.second.endpoints())
}

func (s *shadow) close() error {
	s.end()
	s.asking.Wait()
	return joinClosed(s.primary, s.second)
}

func (s *shadow) carry(ctx context.Context, c call) (ended time.Duration, err error) {
	if c.method.Mutates || telemetry.IsShadow(ctx) {
		return s.primary.carry(ctx, c)
	}
	select {
	case s.slots <- struct{}{}:
	default:
		s.reports[c.method.index].count(SecondSkipped)
		return s.primary.carry(ctx, c)
	}
	// The caller may change its messages as soon as it has the answer.
	asked := c.method.Input.New().Interface()
	if copyMessage(c.method.input, asked, c.request) != nil {
		<-s.slots
		return s.primary.carry(ctx, c) // it fails there, too
	}
	began := ticks()
	ended, err = s.primary.carry(ctx, c)
	answer := c.method.Output.New().Interface()
	if err == nil && copyMessage(c.method.output, answer, c.reply) != nil || ctx.Err() != nil {
		<-s.slots
		return ended, err
	}
	first := armAnswer{answer, err, ended - began}
	s.asking.Go(func() {
		defer func() { <-s.slots }()
		s.ask(context.WithoutCancel(ctx), c, asked, first)
	})
	return ended, err
}

// armAnswer is what one arm said, and how long it took.
type armAnswer struct {
	message proto.Message
	err     error
	took    time.Duration
}

// ask puts the question to the second arm. Answers that differ are asked for
// once more, of both: something may have changed between the two calls.
func (s *shadow) ask(ctx context.Context, c call, asked proto.Message, first armAnswer) {
	ctx, cancel := context.WithCancel(telemetry.WithShadow(ctx))
	defer cancel()
	defer context.AfterFunc(s.life, cancel)()
	report := s.reports[c.method.index]
	second := askArm(ctx, s.second, c, asked)
	kind, differences := judgeArms(first, second)
	if kind != Same && kind != SecondAway {
		again := askArm(ctx, s.primary, c, asked)
		if kind, differences = judgeArms(again, second); kind != Same {
			second = askArm(ctx, s.second, c, asked)
			kind, differences = judgeArms(again, second)
		}
	}
	if s.life.Err() != nil {
		return
	}
	report.note(kind, first.took, second.took, Sample{Kind: kind, At: time.Now(), Request: telemetry.RequestID(ctx), Differences: differences})
}

func askArm(ctx context.Context, arm carrier, c call, asked proto.Message) armAnswer {
	c.request, c.reply = asked, c.method.Output.New().Interface()
	c.options, c.answered = nil, nil
	c.began = ticks()
	ended, err := arm.carry(ctx, c)
	return armAnswer{c.reply, err, ended - c.began}
}

func judgeArms(first, second armAnswer) (Kind, []Difference) {
	if notAnswered(second.err) {
		return SecondAway, []Difference{{"status", "", status.Convert(second.err).Message()}}
	}
	return compare(first.message, second.message, first.err, second.err)
}

// shadowReport gathers what is found of one method.
type shadowReport struct {
	method string

	mu            sync.Mutex
	counts        map[Kind]int64
	samples       map[Kind][]Sample
	first, second meter
}

func (r *shadowReport) count(kind Kind) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[kind]++
}

func (r *shadowReport) note(kind Kind, first, second time.Duration, sample Sample) {
	if kind != SecondAway {
		r.first.observe(first, nil)
		r.second.observe(second, nil)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts[kind]++
	if kind == Same {
		return
	}
	// A page may ask the same twice, and another one the same again.
	for i, known := range r.samples[kind] {
		if slices.Equal(known.Differences, sample.Differences) {
			r.samples[kind][i].Times++
			return
		}
	}
	if len(r.samples[kind]) < shadowSamples {
		sample.Times = 1
		r.samples[kind] = append(r.samples[kind], sample)
	}
}

func (r *shadowReport) comparison() Comparison {
	c := Comparison{Method: r.method, Counts: map[Kind]int64{}}
	c.FirstP50, c.FirstP99 = r.first.quantiles()
	c.SecondP50, c.SecondP99 = r.second.quantiles()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, kind := range []Kind{Same, OtherStatus, OtherReason, OtherResult, SecondAway, SecondSkipped} {
		if n := r.counts[kind]; n > 0 {
			c.Counts[kind] = n
		}
		c.Samples = append(c.Samples, r.samples[kind]...)
	}
	return c
}

// errShadowChanges refuses what would make a shadow call change something.
var errShadowChanges = status.Error(codes.FailedPrecondition, "a shadow call changes nothing: the method has side effects")

// callForShadow makes a call on behalf of a shadow call.
func (r *Route) callForShadow(ctx context.Context, c call) error {
	if c.method.Mutates {
		return errShadowChanges
	}
	_, ended, err := r.dispatch(ctx, &c)
	c.method.meter(modeCompared).observe(ended-c.began, err)
	return err
}
