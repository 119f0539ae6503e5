package gateway

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"galleria/app/auditlog"
	inventoryv1 "galleria/modules/inventory/v1"
	"galleria/platform/contract"
)

// StockInput names variants.
type StockInput struct {
	StaffInput
	SKU []string `query:"sku,explode" required:"true" minItems:"1" maxItems:"100" doc:"Up to 100, each a parameter of its own."`
}

// StockOutput is how many there are.
type StockOutput struct {
	Body struct {
		Items []StockLevel `json:"items" doc:"In the order asked, each location of a sku; a sku that is not known is left out."`
	}
}

// StockLevel is how many there are of a variant at a location.
type StockLevel struct {
	SKU       string `json:"sku"`
	Location  string `json:"location" example:"main"`
	OnHand    int64  `json:"on_hand" doc:"On the shelf, with what is kept for orders."`
	Allocated int64  `json:"allocated" doc:"Of that, kept for orders."`
	Available int64  `json:"available" doc:"What can be sold."`
}

func (g *Gateway) getStock(r *request, in *StockInput) (*StockOutput, error) {
	who, err := g.known(r, in.StaffInput)
	if err != nil {
		return nil, err
	}
	if !who.may("stock:read") { // the module tells its levels to every edge, for the shop's pages
		return nil, lacks("stock:read")
	}
	answer, err := g.Inventory.GetLevels(who, &inventoryv1.GetLevelsRequest{Skus: in.SKU})
	if p := wrongFields(err, "", places{"skus": "query sku"}); p != nil {
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	out := &StockOutput{}
	out.Body.Items = all(answer.GetLevels(), toLevel)
	return out, nil
}

func toLevel(l *inventoryv1.Level) StockLevel {
	return StockLevel{SKU: l.GetSku(), Location: l.GetLocation(), OnHand: l.GetOnHand(), Allocated: l.GetAllocated(), Available: l.GetAvailable()}
}

// AdjustInput corrects how many there are.
type AdjustInput struct {
	KeyedInput
	SKU  string `path:"sku" pattern:"^[A-Za-z0-9._-]{1,64}$" doc:"The variant's sku."`
	Body struct {
		By       int64  `json:"by" minimum:"-1000000" maximum:"1000000" doc:"The difference, not 0."`
		Reason   string `json:"reason" enum:"damage,loss,found,return,correction"`
		Note     string `json:"note,omitempty" maxLength:"500" doc:"For people."`
		Location string `json:"location,omitempty" maxLength:"32" doc:"main, where none is said."`
	}
}

// LevelOutput is how many there are of a variant at a location.
type LevelOutput struct {
	Body StockLevel
}

func (g *Gateway) adjustStock(r *request, in *AdjustInput) (*LevelOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	answer, err := g.Inventory.Adjust(who, &inventoryv1.AdjustRequest{
		Sku: in.SKU, By: in.Body.By, Location: in.Body.Location, Note: in.Body.Note, IdempotencyKey: in.Key,
		Reason: inventoryv1.AdjustReason(inventoryv1.AdjustReason_value["ADJUST_REASON_"+strings.ToUpper(in.Body.Reason)]),
	})
	if err != nil {
		return nil, refusedStaff(notMoved(err), "stock:write")
	}
	is := answer.GetLevel().GetOnHand()
	g.changed(who, in.Key, auditlog.Entry{
		Action: "corrected", Thing: "stock of " + in.SKU, From: strconv.FormatInt(is-in.Body.By, 10), To: strconv.FormatInt(is, 10), Detail: in.Body.Reason + " " + in.Body.Note,
	})
	return &LevelOutput{Body: toLevel(answer.GetLevel())}, nil
}

// ReceiveInput takes delivered goods.
type ReceiveInput struct {
	KeyedInput
	SKU  string `path:"sku" pattern:"^[A-Za-z0-9._-]{1,64}$" doc:"The variant's sku."`
	Body struct {
		Quantity int64  `json:"quantity" minimum:"1" maximum:"1000000"`
		Location string `json:"location,omitempty" maxLength:"32" doc:"main, where none is said."`
	}
}

func (g *Gateway) receiveStock(r *request, in *ReceiveInput) (*LevelOutput, error) {
	ctx, done := r.whole(readTimeout)
	defer done()
	who, err := g.known(ctx, in.StaffInput)
	if err != nil {
		return nil, err
	}
	_, err = g.Inventory.Receive(who, &inventoryv1.ReceiveRequest{
		Lines: []*inventoryv1.Line{{Sku: in.SKU, Quantity: in.Body.Quantity}}, Location: in.Body.Location, IdempotencyKey: in.Key,
	})
	if err != nil {
		return nil, refusedStaff(notMoved(err), "stock:write")
	}
	g.changed(who, in.Key, auditlog.Entry{Action: "received", Thing: "stock of " + in.SKU, To: fmt.Sprintf("+%d", in.Body.Quantity), Detail: in.Body.Location})
	return g.level(who, in.SKU, in.Body.Location)
}

// level is how many there are after goods were received.
func (g *Gateway) level(ctx context.Context, sku, location string) (*LevelOutput, error) {
	answer, err := g.Inventory.GetLevels(ctx, &inventoryv1.GetLevelsRequest{Skus: []string{sku}})
	if err != nil {
		return nil, err
	}
	if location == "" {
		location = "main"
	}
	for _, l := range answer.GetLevels() {
		if l.GetLocation() == location {
			return &LevelOutput{Body: toLevel(l)}, nil
		}
	}
	return &LevelOutput{Body: StockLevel{SKU: sku, Location: location}}, nil
}

var stockPlaces = places{"sku": "path sku", "order_id": "", "lines": ""}

// notMoved says why the stock did not change.
func notMoved(err error) error {
	switch {
	case contract.Is(err, inventoryv1.Reason_REASON_KEY_REUSED):
		return problem(keyReused, "The key belongs to another change. Send another one.")
	case contract.Is(err, inventoryv1.Reason_REASON_BELOW_ALLOCATED):
		return problem(belowAllocated, "Fewer would be on the shelf than are kept for orders: "+contract.Metadata(err, "allocated")+".")
	}
	if p := wrongFields(err, "lines[0].", stockPlaces); p != nil {
		return p
	}
	return err
}
