package gateway

import (
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"galleria/app/auditlog"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/contract"
)

// Endpoint is an address that is told what happens in the shop.
type Endpoint struct {
	ID           string     `json:"id"`
	URL          string     `json:"url"`
	Events       []string   `json:"events" doc:"What it hears of; none: everything."`
	Note         string     `json:"note,omitempty" doc:"For people."`
	Active       bool       `json:"active"`
	OffBecause   string     `json:"off_because,omitempty" doc:"Why it is switched off."`
	FailingSince *time.Time `json:"failing_since,omitempty" doc:"Since when no request to it has succeeded."`
	CreatedAt    time.Time  `json:"created_at"`
}

// EndpointsInput asks for the endpoints.
type EndpointsInput struct{ StaffInput }

// EndpointsOutput is all endpoints.
type EndpointsOutput struct {
	Body struct {
		Items []Endpoint `json:"items" doc:"The oldest first."`
	}
}

func (g *Gateway) listEndpoints(r *request, in *EndpointsInput) (*EndpointsOutput, error) {
	who, err := g.known(r, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Webhooks.ListEndpoints(who, &webhooksv1.ListEndpointsRequest{})
	if err != nil {
		return nil, refusedStaff(err, "webhooks:read")
	}
	out := &EndpointsOutput{}
	out.Body.Items = all(answer.GetEndpoints(), toEndpoint)
	return out, nil
}

// AddEndpointInput registers an endpoint.
type AddEndpointInput struct {
	KeyedInput
	Body struct {
		URL    string   `json:"url" minLength:"1" maxLength:"2000" format:"uri" doc:"https, at a public address."`
		Events []string `json:"events,omitempty" maxItems:"5" uniqueItems:"true" enum:"order.placed,order.shipped,order.refunded,order.cancelled,stock.low" doc:"What it is to hear of; none: everything."`
		Note   string   `json:"note,omitempty" maxLength:"200" doc:"For people."`
	}
}

// NewEndpoint is an endpoint with the secret that its requests are signed with.
type NewEndpoint struct {
	Endpoint
	Secret string `json:"secret" doc:"Shown now and never again."`
}

// AddEndpointOutput is the endpoint that was made.
type AddEndpointOutput struct {
	Body NewEndpoint
}

func (g *Gateway) addEndpoint(r *request, in *AddEndpointInput) (*AddEndpointOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Webhooks.AddEndpoint(who, &webhooksv1.AddEndpointRequest{IdempotencyKey: in.Key, Url: in.Body.URL, Events: in.Body.Events, Note: in.Body.Note})
	switch {
	case contract.Is(err, webhooksv1.Reason_REASON_TOO_MANY):
		return nil, problem(tooManyEndpoints, "There are as many endpoints as there may be: remove one first.")
	case err != nil:
		return nil, refusedStaff(notSent(err), "webhooks:write")
	}
	g.changed(who, in.Key, auditlog.Entry{Action: "added", Thing: "webhook endpoint " + answer.GetEndpoint().GetId(), To: answer.GetEndpoint().GetUrl()})
	return &AddEndpointOutput{Body: NewEndpoint{Endpoint: toEndpoint(answer.GetEndpoint()), Secret: answer.GetSecret()}}, nil
}

// EndpointInput names an endpoint.
type EndpointInput struct {
	StaffInput
	EndpointID string `path:"endpoint_id" maxLength:"64"`
}

func (g *Gateway) removeEndpoint(r *request, in *EndpointInput) (*struct{}, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	if _, err := g.Webhooks.RemoveEndpoint(who, &webhooksv1.RemoveEndpointRequest{Id: in.EndpointID}); err != nil {
		return nil, refusedStaff(notSent(err), "webhooks:write")
	}
	g.changed(who, "", auditlog.Entry{Action: "removed", Thing: "webhook endpoint " + in.EndpointID})
	return nil, nil
}

// Delivery is what was or is to be sent to an endpoint.
type Delivery struct {
	ID            string     `json:"id"`
	WebhookID     string     `json:"webhook_id" doc:"The header of that name, the same for every attempt."`
	Type          string     `json:"type" example:"order.placed"`
	Status        string     `json:"status" enum:"waiting,delivered,failed"`
	Attempts      int32      `json:"attempts"`
	CreatedAt     time.Time  `json:"created_at"`
	DueAt         *time.Time `json:"due_at,omitempty" doc:"When it is tried next."`
	LastAttemptAt *time.Time `json:"last_attempt_at,omitempty"`
	LastStatus    int32      `json:"last_status,omitempty" doc:"The status of the last answer; without it there was none."`
	Problem       string     `json:"problem,omitempty" doc:"Why the last attempt failed."`
}

// DeliveriesInput is a page of deliveries.
type DeliveriesInput struct {
	EndpointInput
	Limit  int32  `query:"limit" minimum:"1" maximum:"100" default:"50" doc:"How many deliveries at most."`
	Cursor string `query:"cursor" maxLength:"500" doc:"next_cursor of the page before."`
}

// DeliveriesOutput is a page of deliveries.
type DeliveriesOutput struct {
	Body struct {
		Items      []Delivery `json:"items" doc:"The newest first."`
		NextCursor string     `json:"next_cursor,omitempty" doc:"The cursor of the next page; without it this is the last one."`
	}
}

func (g *Gateway) listDeliveries(r *request, in *DeliveriesInput) (*DeliveriesOutput, error) {
	who, err := g.known(r, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Webhooks.ListDeliveries(who, &webhooksv1.ListDeliveriesRequest{EndpointId: in.EndpointID, PageSize: in.Limit, PageToken: in.Cursor})
	if contract.Is(err, webhooksv1.Reason_REASON_BAD_PAGE_TOKEN) {
		p := problem(invalid, "See errors for what is wrong.")
		p.Errors = []FieldError{{In: "query", Parameter: "cursor", Detail: "is no next_cursor of this list"}}
		return nil, p
	}
	if err != nil {
		return nil, refusedStaff(notSent(err), "webhooks:read")
	}
	out := &DeliveriesOutput{}
	out.Body.Items, out.Body.NextCursor = all(answer.GetDeliveries(), toDelivery), answer.GetNextPageToken()
	return out, nil
}

// ResendInput names a delivery.
type ResendInput struct {
	KeyedInput
	DeliveryID string `path:"delivery_id" maxLength:"64"`
}

// DeliveryOutput is a delivery.
type DeliveryOutput struct {
	Body Delivery
}

func (g *Gateway) resendDelivery(r *request, in *ResendInput) (*DeliveryOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Webhooks.ResendDelivery(who, &webhooksv1.ResendDeliveryRequest{Id: in.DeliveryID, IdempotencyKey: in.Key})
	if err != nil {
		return nil, refusedStaff(notSent(err), "webhooks:write")
	}
	g.changed(who, in.Key, auditlog.Entry{Action: "sent again", Thing: "webhook delivery " + in.DeliveryID, Detail: answer.GetDelivery().GetType()})
	return &DeliveryOutput{Body: toDelivery(answer.GetDelivery())}, nil
}

// notSent says why an endpoint or a delivery is not there, or can't be used.
func notSent(err error) error {
	switch {
	case contract.Is(err, webhooksv1.Reason_REASON_NO_ENDPOINT):
		return problem(notFound, "There is no such endpoint.")
	case contract.Is(err, webhooksv1.Reason_REASON_NO_DELIVERY):
		return problem(notFound, "There is no such delivery.")
	case contract.Is(err, webhooksv1.Reason_REASON_ENDPOINT_OFF):
		return problem(endpointOff, "The endpoint is switched off.")
	case contract.Is(err, webhooksv1.Reason_REASON_KEY_REUSED):
		return problem(keyReused, "The key belongs to another change. Send another one.")
	}
	if p := wrongFields(err, "", nil); p != nil {
		return p
	}
	return err
}

func toEndpoint(e *webhooksv1.Endpoint) Endpoint {
	return Endpoint{
		ID: e.GetId(), URL: e.GetUrl(), Events: all(e.GetEvents(), func(event string) string { return event }), Note: e.GetNote(),
		Active: e.GetActive(), OffBecause: e.GetOffBecause(), FailingSince: since(e.GetFailingSince()), CreatedAt: when(e.GetCreatedAt()),
	}
}

func toDelivery(d *webhooksv1.Delivery) Delivery {
	return Delivery{
		ID: d.GetId(), WebhookID: d.GetWebhookId(), Type: d.GetType(), Attempts: d.GetAttempts(),
		Status:    strings.ToLower(strings.TrimPrefix(d.GetStatus().String(), "DELIVERY_STATUS_")),
		CreatedAt: when(d.GetCreatedAt()), DueAt: since(d.GetDueAt()), LastAttemptAt: since(d.GetLastAttemptAt()), LastStatus: d.GetLastStatus(), Problem: d.GetProblem(),
	}
}

// since is a time that may be unset.
func since(t *timestamppb.Timestamp) *time.Time {
	if t == nil {
		return nil
	}
	at := when(t)
	return &at
}
