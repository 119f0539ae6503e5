package payments_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/protobuf/types/known/timestamppb"

	paymentsv1 "galleria/modules/payments/v1"

	"galleria/modules/payments"
	"galleria/modules/payments/paymentstest"
	"galleria/platform/certs"
	"galleria/platform/id"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
	"galleria/platform/telemetry"
)

// spy collects all that was logged.
type spy struct {
	mu   sync.Mutex
	said bytes.Buffer
}

func (s *spy) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.said.Write(p)
}

// keeping keeps spans after its shutdown.
type keeping struct{ *tracetest.InMemoryExporter }

func (keeping) Shutdown(context.Context) error { return nil }

// The number and the code of a card must be found nowhere: not in the database's
// files, not in logs at the lowest level, not in spans, not in errors.
func TestCardNumbersLeaveNoTrace(t *testing.T) {
	logged := &spy{}
	log := slog.New(slog.NewJSONHandler(logged, &slog.HandlerOptions{Level: slog.LevelDebug - 10, AddSource: true}))
	before := slog.Default()
	slog.SetDefault(log)
	t.Cleanup(func() { slog.SetDefault(before) })
	spans := tracetest.NewInMemoryExporter()
	untrace, err := telemetry.Setup(t.Context(), telemetry.TraceOptions{Exporter: keeping{spans}, SampleRatio: 1, Log: log})
	if err != nil {
		t.Fatal(err)
	}

	dir := t.TempDir()
	running, err := module.Start(t.Context(), definition(payments.DefaultConfig()), module.Environment{Dir: dir, Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	r, err := route.New(payments.Name, &paymentsv1.PaymentsService_ServiceDesc, log)
	if err != nil {
		t.Fatal(err)
	}
	target, err := r.NewLoopback(running.Instance.Server, route.LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Point(target)

	var found bytes.Buffer // all that could be read
	client := paymentsv1.NewPaymentsServiceClient(r.For(certs.Operator))
	secrets := spend(t.Context(), client, func(err error) { found.WriteString(err.Error() + "\n") })
	secrets = append(secrets, spend(t.Context(), panicking(t, log), func(err error) { found.WriteString(err.Error() + "\n") })...)

	if err := target.Close(); err != nil {
		t.Error(err)
	}
	if err := running.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	if err := untrace(context.Background()); err != nil {
		t.Error(err)
	}
	found.Write(logged.said.Bytes())
	if len(spans.GetSpans()) == 0 {
		t.Error("no call was traced")
	}
	for _, span := range spans.GetSpans() {
		fmt.Fprintf(&found, "%+v\n", span)
	}
	readAll(t, dir, &found)
	if !bytes.Contains(found.Bytes(), []byte("sandbox_sessions")) {
		t.Error("the database's files were not read")
	}
	for _, secret := range secrets {
		if bytes.Contains(found.Bytes(), []byte(secret)) {
			i := bytes.Index(found.Bytes(), []byte(secret))
			t.Errorf("found %q in %q", secret, found.Bytes()[max(0, i-80):min(found.Len(), i+80)])
		}
	}
}

// spend tries every kind of card on the sandbox's page, and cards that are none, and
// tells the secrets.
func spend(ctx context.Context, client paymentsv1.PaymentsServiceClient, failed func(error)) (secrets []string) {
	for i, number := range []string{
		paymentstest.CardVisa, paymentstest.CardMastercard, paymentstest.CardAmex, paymentstest.CardDeclined, paymentstest.CardUnavailable,
		paymentstest.CardLostPayment, paymentstest.CardConsent, paymentstest.CardRefundRefused, "4111111111111111", "4111111111111112", "4111-1111-1111-1113",
	} {
		payment := "p-" + id.New()
		started, err := client.StartPayment(moduletest.Direct(ctx), &paymentsv1.StartPaymentRequest{
			PaymentId: payment, OrderId: id.New(), CurrencyCode: "EUR", AmountMinor: 5, ReturnUrl: "/back", CancelUrl: "/away",
			ExpiresAt: timestamppb.New(time.Now().Add(time.Minute)),
		})
		if err != nil {
			failed(err)
		}
		session := strings.TrimPrefix(started.GetPayment().GetRedirectUrl(), "/sandbox/pay/")
		card := paymentstest.Card(number)
		cvc := card.GetCvc()
		card.Cvc = "cvc" + string(rune('a'+i)) // not digits, to be recognised; refused
		secrets = append(secrets, number, card.GetCvc())
		for _, typed := range []string{card.GetCvc(), cvc} {
			card.Cvc = typed
			if _, err := client.PaySandbox(ctx, &paymentsv1.PaySandboxRequest{Session: session, Card: card}); err != nil {
				failed(err)
			}
		}
		if _, err := client.AnswerSandboxConsent(ctx, &paymentsv1.AnswerSandboxConsentRequest{Session: session, Yes: true}); err != nil {
			failed(err)
		}
		if _, err := client.CancelPayment(moduletest.Direct(ctx), &paymentsv1.CancelPaymentRequest{PaymentId: payment}); err != nil {
			failed(err)
		}
		if _, err := client.RefundPayment(moduletest.Direct(ctx), &paymentsv1.RefundPaymentRequest{PaymentId: payment, RefundId: "r", AmountMinor: 99}); err != nil {
			failed(err)
		}
	}
	return append(secrets, "411111111111")
}

// panicking is payments whose database is closed, so that everything fails as
// unexpectedly as it can.
func panicking(t *testing.T, log *slog.Logger) paymentsv1.PaymentsServiceClient {
	running, err := module.Start(t.Context(), definition(payments.DefaultConfig()), module.Environment{Dir: t.TempDir(), Log: log, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := running.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := route.New(payments.Name, &paymentsv1.PaymentsService_ServiceDesc, log)
	if err != nil {
		t.Fatal(err)
	}
	target, err := r.NewLocal(running.Instance.Server, route.LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r.Point(target)
	return paymentsv1.NewPaymentsServiceClient(r.For(certs.Operator))
}

func readAll(t *testing.T, dir string, into *bytes.Buffer) {
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		into.Write(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
