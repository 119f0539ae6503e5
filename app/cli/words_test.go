package cli

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	processv1 "galleria/platform/process/v1"
	"galleria/platform/route"
)

func TestErrorsAreSaidOnOneLineInPlainWords(t *testing.T) {
	conn, err := route.Dial("127.0.0.1:1", insecure.NewCredentials()) // where nothing listens
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, refused := processv1.NewProcessServiceClient(conn).Describe(t.Context(), &processv1.DescribeRequest{})
	for want, err := range map[string]error{
		"starting: a; b": fmt.Errorf("starting: %w", errors.Join(errors.New("a"), errors.New("b"))),
		"failed: once":   errors.New("failed:\n\tonce\n\tonce\n"),
		"import lines 2 to 9: nothing listens there (connection refused)": fmt.Errorf("import lines 2 to 9: %w", refused),
		"import: the table is full; stop: late":                           errors.Join(fmt.Errorf("import: %w", status.Error(codes.ResourceExhausted, "the table is full")), errors.New("stop: late")),
	} {
		if got := said(err); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDurationsAreShownWithThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 999: "999ns", 1234: "1.23µs", 163840: "164µs", 5242880: "5.24ms", 12345678901: "12.3s",
	} {
		if got := short(d); got != want {
			t.Errorf("short(%d): got %s, want %s", d, got, want)
		}
	}
}
