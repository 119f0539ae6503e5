package storefront

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	accountsv1 "galleria/modules/accounts/v1"
	ordersv1 "galleria/modules/orders/v1"
)

// exported is what the shop knows of a person, for that person.
type exported struct {
	At        time.Time         `json:"exported_at"`
	Email     string            `json:"email"`
	Name      string            `json:"name"`
	Verified  bool              `json:"email_verified"`
	Roles     []string          `json:"roles"`
	Factor    bool              `json:"second_factor"`
	Created   time.Time         `json:"created_at"`
	Addresses []exportedAddress `json:"addresses"`
	Passkeys  []exportedPasskey `json:"passkeys"`
	Sessions  []exportedSession `json:"sessions"`
	Orders    []exportedOrder   `json:"orders"`
}

type exportedAddress struct {
	Name       string `json:"name"`
	Line1      string `json:"line1"`
	Line2      string `json:"line2,omitempty"`
	City       string `json:"city"`
	Region     string `json:"region,omitempty"`
	PostalCode string `json:"postal_code"`
	Country    string `json:"country"`
}

type exportedPasskey struct {
	Name    string     `json:"name"`
	Created time.Time  `json:"created_at"`
	Used    *time.Time `json:"used_at"` // null: never
}

type exportedSession struct {
	Client  string    `json:"client"`
	Device  string    `json:"device"`
	Created time.Time `json:"created_at"`
	Used    time.Time `json:"used_at"`
}

type exportedOrder struct {
	Number   string          `json:"number"`
	Created  time.Time       `json:"created_at"`
	Status   string          `json:"status"`
	Email    string          `json:"email"`
	Address  exportedAddress `json:"shipping_address"`
	Currency string          `json:"currency"`
	Total    int64           `json:"total_minor"`
	Refunded int64           `json:"refunded_minor,omitempty"`
	Card     string          `json:"card,omitempty"`
	Lines    []exportedLine  `json:"lines"`
}

type exportedLine struct {
	SKU      string `json:"sku"`
	Name     string `json:"name"`
	Variant  string `json:"variant,omitempty"`
	Quantity int64  `json:"quantity"`
	Total    int64  `json:"total_minor"`
}

// exportAccount answers what the shop knows of a person, as a file.
func (s *Storefront) exportAccount(c echo.Context) error {
	return s.inSession(c, false, func(ctx context.Context, me *accountsv1.CheckSessionResponse) error {
		session := s.edge.Session(c.Request())
		a := me.GetAccount()
		e := exported{
			At: s.now().UTC(), Email: a.GetEmail(), Name: a.GetName(), Verified: a.GetVerified(), Roles: a.GetRoles(), Factor: a.GetSecondFactor(), Created: a.GetCreatedAt().AsTime(),
			Addresses: []exportedAddress{}, Passkeys: []exportedPasskey{}, Sessions: []exportedSession{}, Orders: []exportedOrder{},
		}
		addresses, err := s.Accounts.ListAddresses(ctx, &accountsv1.ListAddressesRequest{Session: session})
		if err != nil {
			return err
		}
		for _, a := range addresses.GetAddresses() {
			e.Addresses = append(e.Addresses, exportedAddress{a.GetName(), a.GetLine1(), a.GetLine2(), a.GetCity(), a.GetRegion(), a.GetPostalCode(), a.GetCountry()})
		}
		passkeys, err := s.Accounts.ListPasskeys(ctx, &accountsv1.ListPasskeysRequest{Session: session})
		if err != nil {
			return err
		}
		for _, p := range passkeys.GetPasskeys() {
			each := exportedPasskey{Name: p.GetName(), Created: p.GetCreatedAt().AsTime()}
			if p.GetUsedAt() != nil {
				used := p.GetUsedAt().AsTime()
				each.Used = &used
			}
			e.Passkeys = append(e.Passkeys, each)
		}
		sessions, err := s.Accounts.ListSessions(ctx, &accountsv1.ListSessionsRequest{Session: session})
		if err != nil {
			return err
		}
		for _, l := range sessions.GetSessions() {
			e.Sessions = append(e.Sessions, exportedSession{l.GetClient(), l.GetDevice(), l.GetCreatedAt().AsTime(), l.GetUsedAt().AsTime()})
		}
		for r := (&ordersv1.ListMyOrdersRequest{PageSize: 200}); ; {
			listed, err := s.Orders.ListMyOrders(ctx, r)
			if err != nil {
				return err
			}
			for _, o := range listed.GetOrders() {
				e.Orders = append(e.Orders, exportOrder(o))
			}
			if r.PageToken = listed.GetNextPageToken(); r.GetPageToken() == "" {
				break
			}
		}
		text, err := json.MarshalIndent(e, "", "  ")
		if err != nil {
			return err
		}
		c.Response().Header().Set("Cache-Control", "no-store")
		c.Response().Header().Set("Content-Disposition", `attachment; filename="account.json"`)
		return c.Blob(http.StatusOK, "application/json", text)
	})
}

func exportOrder(o *ordersv1.Order) exportedOrder {
	a := o.GetAddress()
	standing, _, _ := headline(o)
	e := exportedOrder{
		Number: o.GetNumber(), Created: o.GetCreatedAt().AsTime(), Status: standing, Email: o.GetContact().GetEmail(),
		Address:  exportedAddress{o.GetContact().GetName(), a.GetLine1(), a.GetLine2(), a.GetCity(), a.GetRegion(), a.GetPostalCode(), a.GetCountry()},
		Currency: o.GetCurrencyCode(), Total: o.GetTotals().GetTotalMinor(), Refunded: o.GetRefundedMinor(),
		Card: cardName(o.GetPaymentMethod().GetBrand(), o.GetPaymentMethod().GetLast4()),
	}
	for _, l := range o.GetLines() {
		e.Lines = append(e.Lines, exportedLine{l.GetSku(), l.GetName(), l.GetVariant(), l.GetQuantity(), l.GetTotalMinor()})
	}
	return e
}
