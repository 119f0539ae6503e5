package message

import (
	"strings"

	ordersv1 "galleria/modules/orders/v1"
)

// The data of each type. Times are RFC 3339, amounts in minor units of their currency.

type money struct {
	Currency string `json:"currency"`
	Amount   int64  `json:"amount"`
}

// amounts of one currency.
type amounts struct{ currency string }

func (a amounts) of(minor int64) money { return money{a.currency, minor} }

// order is what every event of an order says of it.
type order struct {
	ID             string `json:"order_id"`
	Number         string `json:"number"`
	Status         string `json:"status"`
	PaymentStatus  string `json:"payment_status"`
	DeliveryStatus string `json:"delivery_status"`
	Total          money  `json:"total"`
}

type placed struct {
	order
	Lines           []line  `json:"lines"`
	Totals          totals  `json:"totals"`
	DeliveryOption  option  `json:"delivery_option"`
	ShippingAddress address `json:"shipping_address"`
	CreatedAt       string  `json:"created_at"`
}

type line struct {
	ID        string `json:"id"`
	SKU       string `json:"sku"`
	Name      string `json:"name"`
	Variant   string `json:"variant"`
	Quantity  int64  `json:"quantity"`
	UnitPrice money  `json:"unit_price"`
	Discount  money  `json:"discount"`
	Total     money  `json:"total"`
}

type totals struct {
	Goods         money `json:"goods"`
	Discount      money `json:"discount"`
	Delivery      money `json:"delivery"`
	Tax           money `json:"tax"`
	Total         money `json:"total"`
	TaxesIncluded bool  `json:"taxes_included"`
}

type option struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type address struct {
	Name       string `json:"name"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2"`
	City       string `json:"city"`
	PostalCode string `json:"postal_code"`
	Region     string `json:"region"`
	Country    string `json:"country"`
}

// piece is a number of one line's pieces.
type piece struct {
	LineID   string `json:"line_id"`
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

type shipped struct {
	order
	Fulfilment struct {
		ID          string  `json:"id"`
		Carrier     string  `json:"carrier"`
		Tracking    string  `json:"tracking"`
		TrackingURL string  `json:"tracking_url"`
		Lines       []piece `json:"lines"`
	} `json:"fulfilment"`
}

type refunded struct {
	order
	// Refunded is all that went back of the order.
	Refunded money `json:"refunded"`
	Refund   struct {
		ID     string `json:"id"`
		Amount money  `json:"amount"`
		// Lines are empty when an amount was refunded, and no goods.
		Lines []piece `json:"lines"`
	} `json:"refund"`
}

type cancelled struct {
	order
	// Because is a word, such as on_request or out_of_stock; By is guest, operator or
	// shop.
	Because string `json:"because"`
	By      string `json:"by"`
	// Refund is what goes back.
	Refund money `json:"refund"`
}

type low struct {
	SKU       string `json:"sku"`
	Available int64  `json:"available"`
	LowAt     int64  `json:"low_at"`
}

type test struct {
	EndpointID string `json:"endpoint_id"`
}

func orderOf(o *ordersv1.Order) order {
	return order{
		ID: o.GetId(), Number: o.GetNumber(),
		Status:         word(o.GetStatus().String(), "ORDER_STATUS_"),
		PaymentStatus:  word(o.GetPaymentStatus().String(), "PAYMENT_STATUS_"),
		DeliveryStatus: word(o.GetDeliveryStatus().String(), "DELIVERY_STATUS_"),
		Total:          money{o.GetCurrencyCode(), o.GetTotals().GetTotalMinor()},
	}
}

// word is a value of an enum as the API writes it.
func word(value, prefix string) string { return strings.ToLower(strings.TrimPrefix(value, prefix)) }

func pieces(o *ordersv1.Order, of []*ordersv1.Piece) []piece {
	skus := map[string]string{}
	for _, l := range o.GetLines() {
		skus[l.GetId()] = l.GetSku()
	}
	all := []piece{}
	for _, p := range of {
		all = append(all, piece{p.GetLineId(), skus[p.GetLineId()], p.GetQuantity()})
	}
	return all
}
