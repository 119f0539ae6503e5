package orderstest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	cartv1 "galleria/modules/cart/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/modules/orders/internal/order"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	"galleria/platform/contract"
	"galleria/platform/id"
)

// Fake sells as the real orders does, to the same modules, but keeps its
// orders in memory, one checkout at a time, and publishes nothing. What a
// crash or an outage leaves open stays open.
type Fake struct {
	ordersv1.UnimplementedOrdersServiceServer
	world World

	mu     sync.Mutex
	orders []*record // oldest first
}

// record is an order and what its guest asked for.
type record struct {
	order   *ordersv1.Order
	request *ordersv1.PlaceOrderRequest
	token   string
	failure error
}

// NewFake makes a fake that sells what is in w; w.Orders is not used.
func NewFake(w World) *Fake { return &Fake{world: w} }

// PlaceOrder implements the contract.
func (f *Fake) PlaceOrder(ctx context.Context, req *ordersv1.PlaceOrderRequest) (*ordersv1.PlaceOrderResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	asked, err := checked(req)
	if err != nil {
		return nil, err
	}
	for _, r := range f.orders {
		if r.request.GetIdempotencyKey() != req.GetIdempotencyKey() {
			continue
		}
		asked.PaymentMethodId = r.request.GetPaymentMethodId() // a second reference to the same card is the same wish
		if !proto.Equal(r.request, asked) {
			return nil, contract.Error(codes.InvalidArgument, ordersv1.Reason_REASON_KEY_REUSED, "the key was used for another request")
		}
		return r.answer()
	}
	priced, err := f.price(ctx, asked)
	if err != nil {
		return nil, err
	}
	r := &record{order: priced, request: asked, token: id.Secret()}
	f.orders = append(f.orders, r)
	f.buy(ctx, r)
	return r.answer()
}

// checked is a copy of the request as it is compared and kept.
func checked(req *ordersv1.PlaceOrderRequest) (*ordersv1.PlaceOrderRequest, error) {
	contact := order.Contact{Email: req.GetContact().GetEmail(), Name: req.GetContact().GetName()}.Trimmed()
	to := req.GetAddress()
	address := order.Address{
		Line1: to.GetLine1(), Line2: to.GetLine2(), City: to.GetCity(), PostalCode: to.GetPostalCode(), Country: to.GetCountry(),
	}.Trimmed()
	var bad []contract.Violation
	if n := len(req.GetIdempotencyKey()); n == 0 || n > 64 {
		bad = append(bad, contract.Violation{Field: "idempotency_key", Message: "must have 1 to 64 characters"})
	}
	if req.GetCartId() == "" {
		bad = append(bad, contract.Violation{Field: "cart_id", Message: "must not be empty"})
	}
	if req.GetPaymentMethodId() == "" {
		bad = append(bad, contract.Violation{Field: "payment_method_id", Message: "must not be empty"})
	}
	for _, p := range slices.Concat(contact.Problems(), address.Problems()) {
		bad = append(bad, contract.Violation(p))
	}
	if len(bad) > 0 {
		return nil, contract.Invalid(bad...)
	}
	asked := proto.CloneOf(req)
	asked.Contact = &ordersv1.Contact{Email: contact.Email, Name: contact.Name}
	asked.Address = &ordersv1.Address{
		Line1: address.Line1, Line2: address.Line2, City: address.City, PostalCode: address.PostalCode, Country: address.Country,
	}
	return asked, nil
}

// price makes the order as the catalog sells it now; the fake trusts the cart,
// which is priced from there.
func (f *Fake) price(ctx context.Context, req *ordersv1.PlaceOrderRequest) (*ordersv1.Order, error) {
	got, err := f.world.Cart.GetCart(ctx, &cartv1.GetCartRequest{CartId: req.GetCartId()})
	if err != nil {
		return nil, unavailable(err)
	}
	if len(got.GetCart().GetLines()) == 0 {
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_CART_EMPTY, "the cart is empty")
	}
	o := &ordersv1.Order{
		Id: id.New(), Contact: req.GetContact(), Address: req.GetAddress(), CurrencyCode: got.GetCart().GetCurrencyCode(),
		CreatedAt: timestamppb.Now(),
	}
	for _, l := range got.GetCart().GetLines() {
		if !l.GetAvailable() {
			err := contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_SOLD, "%s is not sold", l.GetSku())
			return nil, contract.WithMetadata(err, map[string]string{"sku": l.GetSku()})
		}
		o.Lines = append(o.Lines, &ordersv1.Line{
			Sku: l.GetSku(), Name: l.GetName(), Slug: l.GetSlug(), Picture: l.GetPicture(),
			Quantity: l.GetQuantity(), UnitPriceMinor: l.GetUnitPriceMinor(), TotalMinor: l.GetTotalMinor(),
		})
		o.TotalMinor += l.GetTotalMinor()
	}
	if want := req.GetExpectedTotalMinor(); want != 0 && want != o.GetTotalMinor() {
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_PRICE_CHANGED, "the cart costs %d, not %d", o.GetTotalMinor(), want)
	}
	step(o, ordersv1.OrderStatus_ORDER_STATUS_ACCEPTED)
	return o, nil
}

// buy takes goods and money.
func (f *Fake) buy(ctx context.Context, r *record) {
	o := r.order
	if err := f.reserve(ctx, o); err != nil {
		f.fail(ctx, r, err)
		return
	}
	step(o, ordersv1.OrderStatus_ORDER_STATUS_RESERVED)
	if err := f.authorize(ctx, r); err != nil {
		f.fail(ctx, r, err)
		return
	}
	step(o, ordersv1.OrderStatus_ORDER_STATUS_AUTHORIZED)
	step(o, ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED)

	take := &cartv1.TakeItemsRequest{CartId: r.request.GetCartId(), OrderId: o.GetId()}
	for _, l := range o.GetLines() {
		take.Items = append(take.Items, &cartv1.TakeItemsRequest_Item{Sku: l.GetSku(), Quantity: l.GetQuantity()})
	}
	f.world.Cart.TakeItems(ctx, take) // an order never fails for its cart
	_, err := f.world.Payments.Capture(ctx, &paymentsv1.CaptureRequest{OrderId: o.GetId()})
	if status.Code(err) == codes.Unavailable {
		_, err = f.world.Payments.Capture(ctx, &paymentsv1.CaptureRequest{OrderId: o.GetId()})
	}
	if err != nil {
		return
	}
	step(o, ordersv1.OrderStatus_ORDER_STATUS_CAPTURED)
	if _, err := f.world.Inventory.Allocate(ctx, &inventoryv1.AllocateRequest{OrderId: o.GetId(), Lines: goodsOf(o)}); err != nil {
		return
	}
	step(o, ordersv1.OrderStatus_ORDER_STATUS_COMPLETED)
}

func goodsOf(o *ordersv1.Order) (lines []*inventoryv1.Line) {
	for _, l := range o.GetLines() {
		lines = append(lines, &inventoryv1.Line{Sku: l.GetSku(), Quantity: l.GetQuantity()})
	}
	return lines
}

func (f *Fake) reserve(ctx context.Context, o *ordersv1.Order) error {
	req := &inventoryv1.AllocateRequest{OrderId: o.GetId(), Lines: goodsOf(o), Hold: durationpb.New(30 * time.Minute)}
	_, err := f.world.Inventory.Allocate(ctx, req)
	if contract.Is(err, inventoryv1.Reason_REASON_OUT_OF_STOCK) {
		o.EndedBecause = "out_of_stock"
		return contract.WithMetadata(
			contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_OUT_OF_STOCK, "not enough on the shelf"),
			map[string]string{"sku": contract.Metadata(err, "sku"), "available": contract.Metadata(err, "available")})
	}
	if err != nil {
		o.EndedBecause = "unavailable"
		return unavailable(err)
	}
	return nil
}

func (f *Fake) authorize(ctx context.Context, r *record) error {
	o := r.order
	req := &paymentsv1.AuthorizeRequest{
		OrderId: o.GetId(), CurrencyCode: o.GetCurrencyCode(), AmountMinor: o.GetTotalMinor(), PaymentMethodId: r.request.GetPaymentMethodId(),
	}
	got, err := f.world.Payments.Authorize(ctx, req)
	if status.Code(err) == codes.Unavailable { // perhaps only the answer was lost
		got, err = f.world.Payments.Authorize(ctx, req)
	}
	declined := func(code string) error {
		o.EndedBecause = "payment_declined"
		return contract.WithMetadata(
			contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_PAYMENT_DECLINED, "the card was declined: %s", code),
			map[string]string{"decline_code": code})
	}
	switch {
	case contract.Is(err, paymentsv1.Reason_REASON_NO_PAYMENT_METHOD):
		return declined("no_payment_method")
	case err != nil:
		o.EndedBecause = "payment_unavailable"
		return contract.Error(codes.Unavailable, ordersv1.Reason_REASON_PAYMENT_UNAVAILABLE, "payments did not answer")
	case got.GetPayment().GetStatus() == paymentsv1.CardStatus_CARD_STATUS_DECLINED:
		return declined(got.GetPayment().GetDeclineCode())
	}
	o.CardBrand = got.GetPayment().GetPaymentMethod().GetBrand()
	o.CardLast4 = got.GetPayment().GetPaymentMethod().GetLast4()
	return nil
}

func (f *Fake) fail(ctx context.Context, r *record, failure error) {
	r.failure = failure
	step(r.order, ordersv1.OrderStatus_ORDER_STATUS_FAILING)
	if f.undo(ctx, r.order) == nil {
		step(r.order, ordersv1.OrderStatus_ORDER_STATUS_FAILED)
	}
}

// undo gives money and goods back.
func (f *Fake) undo(ctx context.Context, o *ordersv1.Order) error {
	_, err := f.world.Payments.Void(ctx, &paymentsv1.VoidRequest{OrderId: o.GetId()})
	if contract.Is(err, paymentsv1.Reason_REASON_CAPTURED) {
		_, err = f.world.Payments.Refund(ctx, &paymentsv1.RefundRequest{
			OrderId: o.GetId(), IdempotencyKey: "cancel-" + o.GetId(), AmountMinor: o.GetTotalMinor(),
		})
		if err == nil {
			o.RefundedMinor = o.GetTotalMinor()
		}
	}
	if err != nil {
		return err
	}
	_, err = f.world.Inventory.Release(ctx, &inventoryv1.ReleaseRequest{OrderId: o.GetId()})
	return err
}

// GetOrder implements the contract.
func (f *Fake) GetOrder(_ context.Context, req *ordersv1.GetOrderRequest) (*ordersv1.GetOrderResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.find(req.GetOrderId())
	if err != nil || r.token != req.GetToken() {
		return nil, noOrder()
	}
	return &ordersv1.GetOrderResponse{Order: proto.CloneOf(r.order)}, nil
}

// CancelOrder implements the contract.
func (f *Fake) CancelOrder(ctx context.Context, req *ordersv1.CancelOrderRequest) (*ordersv1.CancelOrderResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.find(req.GetOrderId())
	if err != nil || r.token != req.GetToken() {
		return nil, noOrder()
	}
	o := r.order
	switch o.GetStatus() {
	case ordersv1.OrderStatus_ORDER_STATUS_SHIPPED:
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_SHIPPED, "the goods have left")
	case ordersv1.OrderStatus_ORDER_STATUS_CONFIRMED, ordersv1.OrderStatus_ORDER_STATUS_CAPTURED, ordersv1.OrderStatus_ORDER_STATUS_COMPLETED:
		o.EndedBecause = "guest"
		step(o, ordersv1.OrderStatus_ORDER_STATUS_CANCELLING)
	case ordersv1.OrderStatus_ORDER_STATUS_CANCELLING, ordersv1.OrderStatus_ORDER_STATUS_CANCELLED:
	default:
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_CONFIRMED, "there is nothing to cancel")
	}
	if o.GetStatus() == ordersv1.OrderStatus_ORDER_STATUS_CANCELLING && f.undo(ctx, o) == nil {
		step(o, ordersv1.OrderStatus_ORDER_STATUS_CANCELLED)
	}
	return &ordersv1.CancelOrderResponse{Order: proto.CloneOf(o)}, nil
}

// ShipOrder implements the contract.
func (f *Fake) ShipOrder(ctx context.Context, req *ordersv1.ShipOrderRequest) (*ordersv1.ShipOrderResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	r, err := f.find(req.GetOrderId())
	if err != nil {
		return nil, err
	}
	switch r.order.GetStatus() {
	case ordersv1.OrderStatus_ORDER_STATUS_COMPLETED:
		step(r.order, ordersv1.OrderStatus_ORDER_STATUS_SHIPPED)
	case ordersv1.OrderStatus_ORDER_STATUS_SHIPPED:
	default:
		return nil, contract.Error(codes.FailedPrecondition, ordersv1.Reason_REASON_NOT_COMPLETED, "the order is not ready to be sent")
	}
	ship := &inventoryv1.ShipRequest{OrderId: r.order.GetId(), Lines: goodsOf(r.order), IdempotencyKey: r.order.GetId()}
	if _, err := f.world.Inventory.Ship(ctx, ship); err != nil {
		return nil, err
	}
	return &ordersv1.ShipOrderResponse{Order: proto.CloneOf(r.order)}, nil
}

// ListOrders implements the contract.
func (f *Fake) ListOrders(_ context.Context, req *ordersv1.ListOrdersRequest) (*ordersv1.ListOrdersResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := req.GetPageSize(); n < 0 || n > 200 {
		return nil, contract.Invalid(contract.Violation{Field: "page_size", Message: "must be 1 to 200, or 0 for 50"})
	}
	if after := req.GetPageToken(); after != "" {
		if _, err := f.find(after); err != nil {
			return nil, contract.Error(codes.InvalidArgument, ordersv1.Reason_REASON_BAD_PAGE_TOKEN, "not a page token of this method")
		}
	}
	size := cmp.Or(int(req.GetPageSize()), 50)
	resp := &ordersv1.ListOrdersResponse{}
	for _, r := range slices.Backward(f.orders) {
		wanted := len(req.GetStatuses()) == 0 || slices.Contains(req.GetStatuses(), r.order.GetStatus())
		if !wanted || req.GetPageToken() != "" && r.order.GetId() >= req.GetPageToken() {
			continue
		}
		if len(resp.GetOrders()) == size {
			resp.NextPageToken = resp.GetOrders()[size-1].GetId()
			break
		}
		resp.Orders = append(resp.Orders, proto.CloneOf(r.order))
	}
	return resp, nil
}

func (f *Fake) find(id string) (*record, error) {
	for _, r := range f.orders {
		if r.order.GetId() == id {
			return r, nil
		}
	}
	return nil, noOrder()
}

func (r *record) answer() (*ordersv1.PlaceOrderResponse, error) {
	if r.failure != nil {
		return nil, r.failure
	}
	return &ordersv1.PlaceOrderResponse{Order: proto.CloneOf(r.order), Token: r.token}, nil
}

func step(o *ordersv1.Order, to ordersv1.OrderStatus) {
	o.Status = to
	o.Timeline = append(o.Timeline, &ordersv1.TimelineEntry{Status: to, At: timestamppb.New(time.Now())})
}

func noOrder() error {
	return contract.Error(codes.NotFound, ordersv1.Reason_REASON_NO_ORDER, "no such order, or the token is wrong")
}

func unavailable(err error) error {
	return contract.Error(codes.Unavailable, ordersv1.Reason_REASON_UNAVAILABLE, "another module did not answer: %s", status.Code(err))
}
