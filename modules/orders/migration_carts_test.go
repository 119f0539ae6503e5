package orders_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	cartv1 "galleria/modules/cart/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	paymentsv1 "galleria/modules/payments/v1"
	pricingv1 "galleria/modules/pricing/v1"

	"galleria/migrations"
	"galleria/modules/orders"
	"galleria/platform/contract"
	"galleria/platform/database"
	"galleria/platform/database/databasetest"
	"galleria/platform/module"
)

// withoutCarts are orders as the program wrote them that did not note yet which carts an
// order is made of: one waits for its payment, one is paid, with a voucher; one is shipped
// in two parcels, of which a piece came back; of one a piece was refunded; one failed; and
// of one a refund was refused.
var withoutCarts = []string{
	`INSERT INTO orders (id, number, idempotency_key, fingerprint, token, cart_id, client, recipient, email, name, line1, line2, city, region, postal_code, country,
		return_url, currency_code, goods_minor, discount_minor, delivery_minor, tax_minor, total_minor, taxes_included, terms, old_lines, created_at, status, version,
		hold_ends_at, payment_attempt, payment_state, payment_url, was_payable, paid_minor, card_brand, card_last4, ended_because, ended_by, ended_note, ended_facts,
		attention, attention_since, timeline, give_back, take_from_cart, has_parts, due_at, attempts, mailbox) VALUES
		('0sgmdtpnvtnf4ek5hb8g07daac', 'G-2F4T-GB', 'k1', '25f31e8e', 't', 'S_XDUaomMo8ghewdRkcUcoUhIGIUbvrV', '127.0.0.1', 'waits@example.org', 'waits@example.org', 'Ana Carvalho', 'Rua das Flores 12', '2 Esq', 'Porto', '', '4050-262', 'PT',
		'http://127.0.0.1:28180/orders/0sgmdtpnvtnf4ek5hb8g07daac?token=t', 'EUR', 3700, 0, 990, 877, 4690, TRUE, '{"DeliveryOption":"standard","DeliveryName":"Standard delivery","Taxes":[{"Name":"VAT 23 %","Amount":877,"Included":true}]}', '', 1795807075753637, 'placing', 5,
		1795808875753637, 1, 'waiting', '/sandbox/pay/sIhHZXhV', TRUE, 0, '', '', '', '', '', 'null',
		'', 0, '[{"what":"placed","at":1795807075753637,"note":"We have your order."}]', FALSE, FALSE, FALSE, 1795807125316984, 0, 'waits@example.org'),
		('0sgmdtppfzc2kevkgweaym0t54', 'G-3NFM-Y5', 'k2', '4c47f2e1', 't', 'lWb-gKkrxi-h8YDo0rculi_AzO56hvKK', '', '', 'open@example.org', 'Ana Carvalho', 'Rua das Flores 12', '2 Esq', 'Porto', '', '4050-262', 'PT',
		'http://127.0.0.1:28180/orders/0sgmdtppfzc2kevkgweaym0t54?token=t', 'EUR', 7340, 734, 0, 1235, 6606, TRUE, '{"DeliveryOption":"standard","DeliveryName":"Standard delivery (Autumn: free delivery from €40)","Discounts":[{"Code":"WELCOME10","Name":"Welcome: 10 % off","Amount":734}],"Codes":["WELCOME10"],"Taxes":[{"Name":"VAT 23 %","Amount":1235,"Included":true}]}', '', 1795807075794900, 'open', 4,
		1795808875794900, 1, 'paid', '', TRUE, 6606, 'visa', '4242', '', '', '', 'null',
		'', 0, '[{"what":"placed","at":1795807075794900,"note":"We have your order."},{"what":"paid","at":1795807075884861,"note":"Your payment went through."},{"what":"opened","at":1795807075886066,"note":"Your order is confirmed."}]', FALSE, FALSE, FALSE, NULL, 0, 'open@example.org'),
		('0sgmdtpvnyzt8ewwqbnxpb6q48', 'G-MVMD-7H', 'k3', 'f2335a98', 't', 't5e50k1gAKZQNC4u1t1spUAB5FC9-NK0', '', '', 'closed@example.org', 'Ana Carvalho', 'Rua das Flores 12', '2 Esq', 'Porto', '', '4050-262', 'PT',
		'http://127.0.0.1:28180/orders/0sgmdtpvnyzt8ewwqbnxpb6q48?token=t', 'EUR', 3700, 0, 990, 877, 4690, TRUE, '{"DeliveryOption":"standard","DeliveryName":"Standard delivery","Taxes":[{"Name":"VAT 23 %","Amount":877,"Included":true}]}', '', 1795807076134845, 'closed', 10,
		1795808876134845, 1, 'paid', '', TRUE, 4690, 'visa', '4242', '', '', '', 'null',
		'', 0, '[{"what":"placed","at":1795807076134845,"note":"We have your order."},{"what":"paid","at":1795807076219735,"note":"Your payment went through."},{"what":"opened","at":1795807076220981,"note":"Your order is confirmed."},{"what":"shipped","at":1795807076569748,"note":"Your parcel is on its way."},{"what":"shipped","at":1795807076680226,"note":"Your parcel is on its way."},{"what":"closed","at":1795807076680226},{"what":"returned","at":1795807076897738,"note":"We have your goods back."}]', FALSE, FALSE, TRUE, NULL, 0, 'closed@example.org'),
		('0sgmdtq7kmxvwfj81188jf2maw', 'G-7K49-KT', 'k4', '22d43c81', 't', 'r9cPDamwU7ez-9xMSkj7S9GpQFT1Gd5u', '', '', 'part@example.org', 'Ana Carvalho', 'Rua das Flores 12', '2 Esq', 'Porto', '', '4050-262', 'PT',
		'http://127.0.0.1:28180/orders/0sgmdtq7kmxvwfj81188jf2maw?token=t', 'EUR', 3700, 0, 990, 877, 4690, TRUE, '{"DeliveryOption":"standard","DeliveryName":"Standard delivery","Taxes":[{"Name":"VAT 23 %","Amount":877,"Included":true}]}', '', 1795807076916535, 'open', 8,
		1795808876916535, 1, 'paid', '', TRUE, 4690, 'visa', '4242', '', '', '', 'null',
		'', 0, '[{"what":"placed","at":1795807076916535,"note":"We have your order."},{"what":"paid","at":1795807077000111,"note":"Your payment went through."},{"what":"opened","at":1795807077005501,"note":"Your order is confirmed."},{"what":"refunded","at":1795807077344940,"note":"Your money is on its way back."}]', FALSE, FALSE, TRUE, NULL, 0, 'part@example.org'),
		('0sgmdtqmy4h6faat1swypty4kc', 'G-GH87-9Z', 'k5', 'f618a2d6', 't', 'ixEaZugV2CPznGXHnZZ1ZGfRKMsnoUfB', '', '', 'failed@example.org', 'Ana Carvalho', 'Rua das Flores 12', '2 Esq', 'Porto', '', '4050-262', 'PT',
		'http://127.0.0.1:28180/orders/0sgmdtqmy4h6faat1swypty4kc?token=t', 'EUR', 5490, 0, 0, 1027, 5490, TRUE, '{"DeliveryOption":"standard","DeliveryName":"Standard delivery (Autumn: free delivery from €40)","Taxes":[{"Name":"VAT 23 %","Amount":1027,"Included":true}]}', '', 1795807077789982, 'failed', 7,
		1795808877789982, 1, 'stopped', '', TRUE, 0, '', '', 'on_request', 'operator', 'changed her mind', 'null',
		'', 0, '[{"what":"placed","at":1795807077789982,"note":"We have your order."},{"what":"failed","at":1795807092829375,"note":"The shop cancelled the order. changed her mind"}]', FALSE, FALSE, FALSE, NULL, 0, 'failed@example.org'),
		('0sgmdtqnmpebrtavcrv0car6tg', 'G-NBT5-CX', 'k6', 'c00c1719', 't', 'he1xXXk_ETpI1wqzN6qB2NtCXc0Q4fMi', '', '', 'attention@example.org', 'Ana Carvalho', 'Rua das Flores 12', '2 Esq', 'Porto', '', '4050-262', 'PT',
		'http://127.0.0.1:28180/orders/0sgmdtqnmpebrtavcrv0car6tg?token=t', 'EUR', 1850, 0, 990, 531, 2840, TRUE, '{"DeliveryOption":"standard","DeliveryName":"Standard delivery","Taxes":[{"Name":"VAT 23 %","Amount":531,"Included":true}]}', '', 1795807077836184, 'open', 8,
		1795808877836184, 1, 'paid', '', TRUE, 2840, 'visa', '6066', '', '', '', 'null',
		'the refund of €28.40 was refused: the bank of the card takes no refunds', 1795807078278181, '[{"what":"placed","at":1795807077836184,"note":"We have your order."},{"what":"paid","at":1795807077944405,"note":"Your payment went through."},{"what":"opened","at":1795807077945749,"note":"Your order is confirmed."},{"what":"attention","at":1795807078278181}]', FALSE, FALSE, TRUE, NULL, 0, 'attention@example.org')`,
	`INSERT INTO order_lines (order_id, line, sku, name, variant, slug, picture, quantity, unit_price_minor, discount_minor, tax_minor, total_minor) VALUES
		('0sgmdtpnvtnf4ek5hb8g07daac', '1', 'TEX-SOC-0512', 'Cabin Socks', '36–39 / Navy', 'cabin-socks', 'socks-wool.svg', 2, 1850, 0, 692, 3700),
		('0sgmdtppfzc2kevkgweaym0t54', '1', 'TEX-SOC-0512', 'Cabin Socks', '36–39 / Navy', 'cabin-socks', 'socks-wool.svg', 1, 1850, 185, 311, 1665),
		('0sgmdtppfzc2kevkgweaym0t54', '2', 'LMP-FST-07', 'Piazza Festoon Lights', '', 'piazza-festoon-lights', 'lights-festoon.svg', 1, 5490, 549, 924, 4941),
		('0sgmdtpvnyzt8ewwqbnxpb6q48', '1', 'TEX-SOC-0512', 'Cabin Socks', '36–39 / Navy', 'cabin-socks', 'socks-wool.svg', 2, 1850, 0, 692, 3700),
		('0sgmdtq7kmxvwfj81188jf2maw', '1', 'TEX-SOC-0512', 'Cabin Socks', '36–39 / Navy', 'cabin-socks', 'socks-wool.svg', 2, 1850, 0, 692, 3700),
		('0sgmdtqmy4h6faat1swypty4kc', '1', 'LMP-FST-07', 'Piazza Festoon Lights', '', 'piazza-festoon-lights', 'lights-festoon.svg', 1, 5490, 0, 1027, 5490),
		('0sgmdtqnmpebrtavcrv0car6tg', '1', 'TEX-SOC-0512', 'Cabin Socks', '36–39 / Navy', 'cabin-socks', 'socks-wool.svg', 1, 1850, 0, 346, 1850)`,
	`INSERT INTO order_fulfilments (id, order_id, idempotency_key, carrier, tracking, tracking_url, at, unbooked) VALUES
		('0sgmdtq2aa8b97vgqd1sm5r8gm', '0sgmdtpvnyzt8ewwqbnxpb6q48', '0sgmdtq1yqspbh22fc8yzn964r', 'CTT', 'RR1', '', 1795807076569748, FALSE),
		('0sgmdtq408e5qy2p9sjdyhrvdg', '0sgmdtpvnyzt8ewwqbnxpb6q48', '0sgmdtq3chz9pct2pr9qc57j48', '', '', '', 1795807076680226, FALSE)`,
	`INSERT INTO order_refunds (id, order_id, idempotency_key, amount_minor, reason, asked_by, restock, status, failure, at, attempt, unbooked) VALUES
		('0sgmdtqdpck2eqaw6m57gcjjew', '0sgmdtq7kmxvwfj81188jf2maw', '0sgmdtqd3sfs7qqv81442xf654', 1850, 'a hole', 'operator', TRUE, 'succeeded', '', 1795807077315373, 0, FALSE),
		('0sgmdtqw3ts63jzzdvwehj6kh8', '0sgmdtqnmpebrtavcrv0car6tg', '0sgmdtqvk26sstqgmekg4eghhc', 2840, '', 'operator', FALSE, 'failed', 'the bank of the card takes no refunds', 1795807078260407, 0, FALSE)`,
	`INSERT INTO order_returns (id, order_id, idempotency_key, reason, restock, at, unbooked) VALUES
		('0sgmdtq7af2w86x4zs8yzwtdw4', '0sgmdtpvnyzt8ewwqbnxpb6q48', '0sgmdtq66pce4x5ssgwmd135n0', 'too small', TRUE, 1795807076897738, FALSE)`,
	`INSERT INTO order_pieces (order_id, part_id, line, quantity, amount_minor) VALUES
		('0sgmdtpvnyzt8ewwqbnxpb6q48', '0sgmdtq2aa8b97vgqd1sm5r8gm', '1', 1, 0),
		('0sgmdtpvnyzt8ewwqbnxpb6q48', '0sgmdtq408e5qy2p9sjdyhrvdg', '1', 1, 0),
		('0sgmdtpvnyzt8ewwqbnxpb6q48', '0sgmdtq7af2w86x4zs8yzwtdw4', '1', 1, 0),
		('0sgmdtq7kmxvwfj81188jf2maw', '0sgmdtqdpck2eqaw6m57gcjjew', '1', 1, 1850)`,
}

// meanwhile is a moment at which the order that waits is still held.
func meanwhile() time.Time { return time.UnixMicro(1795807100000000) }

// The cart of the order that waits, and one that its lines were merged into.
const waitingCart, mergedCart = "S_XDUaomMo8ghewdRkcUcoUhIGIUbvrV", "ZP9QNj646HkuXxxXKTE-0CZWWZExV2zV"

// cartOfSocks is a neighbour whose carts all hold the socks of the order that waits.
type cartOfSocks struct{ cartv1.CartServiceClient }

func (cartOfSocks) GetCart(_ context.Context, r *cartv1.GetCartRequest, _ ...grpc.CallOption) (*cartv1.GetCartResponse, error) {
	c := &cartv1.Cart{Id: r.GetCartId(), CurrencyCode: "EUR", Version: 2, Lines: []*cartv1.Line{{Sku: "TEX-SOC-0512", Quantity: 2}}}
	if c.GetId() == mergedCart {
		c.MergedFrom = []string{waitingCart}
	}
	return &cartv1.GetCartResponse{Cart: c}, nil
}

func (cartOfSocks) TakeItems(context.Context, *cartv1.TakeItemsRequest, ...grpc.CallOption) (*cartv1.TakeItemsResponse, error) {
	return nil, status.Error(codes.Unavailable, "not now")
}

// paidForSocks is a neighbour by whom everything is paid.
type paidForSocks struct {
	paymentsv1.PaymentsServiceClient
}

func (paidForSocks) GetPayment(_ context.Context, r *paymentsv1.GetPaymentRequest, _ ...grpc.CallOption) (*paymentsv1.GetPaymentResponse, error) {
	return &paymentsv1.GetPaymentResponse{Payment: &paymentsv1.Payment{Id: r.GetPaymentId(), Status: paymentsv1.Status_STATUS_PAID}}, nil
}

func (paidForSocks) CancelPayment(context.Context, *paymentsv1.CancelPaymentRequest, ...grpc.CallOption) (*paymentsv1.CancelPaymentResponse, error) {
	return nil, contract.Error(codes.FailedPrecondition, paymentsv1.Reason_REASON_PAID, "is paid")
}

// holdsSocks is a neighbour that has goods for all.
type holdsSocks struct {
	inventoryv1.InventoryServiceClient
}

func (holdsSocks) Allocate(context.Context, *inventoryv1.AllocateRequest, ...grpc.CallOption) (*inventoryv1.AllocateResponse, error) {
	return &inventoryv1.AllocateResponse{}, nil
}

// priceOfSocks is a neighbour who knows what these cost.
type priceOfSocks struct{ pricingv1.PricingServiceClient }

func (priceOfSocks) Quote(context.Context, *pricingv1.QuoteRequest, ...grpc.CallOption) (*pricingv1.QuoteResponse, error) {
	return &pricingv1.QuoteResponse{Quote: &pricingv1.Quote{
		CurrencyCode: "EUR", Fingerprint: "q", DeliveryOption: "standard", DeliveryOptions: []*pricingv1.DeliveryOption{{Id: "standard", Name: "Standard delivery"}},
		Lines:  []*pricingv1.QuoteLine{{Sku: "TEX-SOC-0512", Name: "Cabin Socks", Quantity: 2, UnitPriceMinor: 1850, TotalMinor: 3700}},
		Totals: &pricingv1.Totals{GoodsMinor: 3700, TotalMinor: 3700, TaxesIncluded: true},
	}}, nil
}

func TestOrdersOfBeforeTheirCartsWereNotedAreKept(t *testing.T) {
	databasetest.EachOptions(t, func(t *testing.T, o database.Options) {
		o.Migrations = migrations.For(orders.Name)
		databasetest.Fill(t, o, "0005_persons_gone.sql", withoutCarts...)
		needs := nobody()
		needs.Cart, needs.Pricing, needs.Payments, needs.Inventory = cartOfSocks{}, priceOfSocks{}, paidForSocks{}, holdsSocks{}
		db := databasetest.Open(t, o)
		instance, err := orders.New(module.Host{DB: db, Now: meanwhile, Log: slog.Default()}, needs, orders.DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		s := instance.Server.(ordersv1.OrdersServiceServer)
		get := func(id string) *ordersv1.Order {
			t.Helper()
			got, err := s.GetOrder(t.Context(), &ordersv1.GetOrderRequest{OrderId: id, Token: "t"})
			if err != nil {
				t.Fatalf("%s: %v", id, err)
			}
			return got.GetOrder()
		}
		const waiting = "0sgmdtpnvtnf4ek5hb8g07daac"
		for _, c := range []struct {
			id, number                          string
			status                              ordersv1.OrderStatus
			money                               ordersv1.PaymentStatus
			goods                               ordersv1.DeliveryStatus
			total, refunded                     int64
			lines, sent, refunds, returns, said int
		}{
			{waiting, "G-2F4T-GB", ordersv1.OrderStatus_ORDER_STATUS_PLACING, ordersv1.PaymentStatus_PAYMENT_STATUS_WAITING, ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE, 4690, 0, 1, 0, 0, 0, 1},
			{"0sgmdtppfzc2kevkgweaym0t54", "G-3NFM-Y5", ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE, 6606, 0, 2, 0, 0, 0, 3},
			{"0sgmdtpvnyzt8ewwqbnxpb6q48", "G-MVMD-7H", ordersv1.OrderStatus_ORDER_STATUS_CLOSED, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, ordersv1.DeliveryStatus_DELIVERY_STATUS_SHIPPED, 4690, 0, 1, 2, 0, 1, 7},
			{"0sgmdtq7kmxvwfj81188jf2maw", "G-7K49-KT", ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.PaymentStatus_PAYMENT_STATUS_PARTLY_REFUNDED, ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE, 4690, 1850, 1, 0, 1, 0, 4},
			{"0sgmdtqmy4h6faat1swypty4kc", "G-GH87-9Z", ordersv1.OrderStatus_ORDER_STATUS_FAILED, ordersv1.PaymentStatus_PAYMENT_STATUS_NONE, ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE, 5490, 0, 1, 0, 0, 0, 2},
			{"0sgmdtqnmpebrtavcrv0car6tg", "G-NBT5-CX", ordersv1.OrderStatus_ORDER_STATUS_OPEN, ordersv1.PaymentStatus_PAYMENT_STATUS_PAID, ordersv1.DeliveryStatus_DELIVERY_STATUS_NONE, 2840, 0, 1, 0, 1, 0, 4},
		} {
			is := get(c.id)
			if is.GetNumber() != c.number || is.GetStatus() != c.status || is.GetPaymentStatus() != c.money || is.GetDeliveryStatus() != c.goods ||
				is.GetTotals().GetTotalMinor() != c.total || is.GetRefundedMinor() != c.refunded || len(is.GetLines()) != c.lines || len(is.GetFulfilments()) != c.sent ||
				len(is.GetRefunds()) != c.refunds || len(is.GetReturns()) != c.returns || len(is.GetTimeline()) != c.said || is.GetContact().GetName() != "Ana Carvalho" {
				t.Errorf("got %v, want %+v", is, c)
			}
		}
		if got := get("0sgmdtppfzc2kevkgweaym0t54"); len(got.GetDiscounts()) != 1 || got.GetDiscounts()[0].GetAmountMinor() != 734 || got.GetCodes()[0] != "WELCOME10" {
			t.Errorf("got %v, want it with its voucher", got)
		}
		if got := get("0sgmdtqnmpebrtavcrv0car6tg").GetAttention(); got.GetReason() == "" {
			t.Errorf("got attention %v, want why its refund was refused", got)
		}

		// A cart that is claimed by no order that can be found is tried for ever.
		ctx, done := context.WithTimeout(t.Context(), 10*time.Second)
		defer done()
		for _, cart := range []string{waitingCart, mergedCart} {
			_, err := s.PlaceOrder(ctx, &ordersv1.PlaceOrderRequest{
				IdempotencyKey: "another form of " + cart[:8], CartId: cart, Quote: "q", DeliveryOption: "standard", ReturnUrl: "https://shop.example/orders/{order_id}?token={token}",
				Contact: &ordersv1.Contact{Email: "ana@example.org", Name: "Ana"}, Address: &ordersv1.Address{Line1: "Rua 1", City: "Porto", PostalCode: "4050", Country: "PT"},
			})
			if !contract.Is(err, ordersv1.Reason_REASON_CART_CLAIMED) || contract.Metadata(err, "order_id") != waiting {
				t.Errorf("ordering cart %s again: got %v, want it claimed by the order that waited, and is paid", cart, err)
			}
		}
		var claims int
		if err := db.Read(t.Context()).Raw("SELECT count(*) FROM order_carts").Scan(&claims).Error; err != nil || claims != 1 {
			t.Errorf("got %d carts of orders, %v, want that of the order whose goods are in the cart yet", claims, err)
		}
	})
}
