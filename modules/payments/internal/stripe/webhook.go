package stripe

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"galleria/modules/payments/internal/payment"
)

// tolerance is how far a webhook's time may be from now: an old one that was
// recorded and is sent again is refused. Stripe signs anew each time it sends one again.
const tolerance = 5 * time.Minute

// Hear implements payment.Provider.
func (s *Page) Hear(_ context.Context, body []byte, headers map[string]string) (*payment.Notice, error) {
	if err := s.signed(body, headers["stripe-signature"]); err != nil {
		return nil, err
	}
	var event struct {
		ID, Type string
		Data     struct {
			Object struct {
				ID            string          `json:"id"`
				PaymentIntent json.RawMessage `json:"payment_intent"`
				Metadata      map[string]string
			}
		}
	}
	if err := json.Unmarshal(body, &event); err != nil {
		return nil, fmt.Errorf("stripe: read a webhook: %w", err)
	}
	object := event.Data.Object
	notice := &payment.Notice{Event: event.ID + " " + event.Type, PaymentID: object.Metadata[paymentName]}
	json.Unmarshal(object.PaymentIntent, &notice.Intent) // an object in place of its id: the other names are enough
	switch kind, _, _ := strings.Cut(event.Type, "."); kind {
	case "checkout":
		notice.Session = object.ID
	case "payment_intent":
		notice.Intent = object.ID
	case "charge", "refund":
	default:
		return nil, nil
	}
	return notice, nil
}

// signed checks the header t=time,v1=signature[,v1=signature…]. Each signature is
// of "time.body", by one of the secrets in force.
func (s *Page) signed(body []byte, header string) error {
	refuse := func(why string) error { return fmt.Errorf("%w: stripe: %s", payment.ErrSignature, why) }
	if len(s.secrets) == 0 {
		return refuse("no webhook secret is set")
	}
	stamp, given := "", [][]byte{}
	for part := range strings.SplitSeq(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			stamp = value
		case "v1":
			if signature, err := hex.DecodeString(value); err == nil {
				given = append(given, signature)
			}
		}
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return refuse("the header has no time")
	}
	right := false
	for _, secret := range s.secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(stamp + "."))
		mac.Write(body)
		want := mac.Sum(nil)
		for _, signature := range given {
			right = hmac.Equal(signature, want) || right
		}
	}
	if !right {
		return refuse("no signature is by a webhook secret of the settings")
	}
	if off := s.now().Sub(time.Unix(seconds, 0)).Abs(); off > tolerance {
		return refuse(fmt.Sprintf("it was signed %s from now: is the clock right?", off.Round(time.Second)))
	}
	return nil
}
