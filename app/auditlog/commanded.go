package auditlog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"google.golang.org/protobuf/proto"

	accountsv1 "galleria/modules/accounts/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	notificationsv1 "galleria/modules/notifications/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	settingsv1 "galleria/modules/settings/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/money"
	"galleria/platform/process"
	processv1 "galleria/platform/process/v1"
)

// Commanded is the change that an operator's call has made; false: it is none of the shop.
// A method of a module that is not known here is noted by its name, so that none which
// changes something passes.
func Commanded(c process.Command) (Entry, bool) {
	words, known := commanded[c.Method]
	if !known && strings.HasPrefix(c.Method, "/"+processv1.ProcessService_ServiceDesc.ServiceName+"/") {
		return Entry{}, false
	}
	if !known {
		words = func(any, any) Entry { return Entry{Action: "called", Thing: strings.TrimPrefix(c.Method, "/")} }
	}
	e := words(c.Request, c.Response)
	e.Who, e.Detail, e.Command = c.By, c.Line, true
	if keyed, has := c.Request.(interface{ GetIdempotencyKey() string }); has && keyed.GetIdempotencyKey() != "" {
		e.Once = "command " + c.Method + " " + keyed.GetIdempotencyKey()
	}
	return e, true
}

// commanded says what methods do that commands call.
var commanded = map[string]func(request, response any) Entry{
	ordersv1.OrdersService_ShipOrder_FullMethodName: of(func(in *ordersv1.ShipOrderRequest, out *ordersv1.ShipOrderResponse) Entry {
		return Entry{Action: "shipped", Thing: order(out), To: pieces(out.GetOrder(), in.GetPieces())}
	}),
	ordersv1.OrdersService_CancelOrder_FullMethodName: of(func(in *ordersv1.CancelOrderRequest, out *ordersv1.CancelOrderResponse) Entry {
		e := Cancelled(out.GetOrder())
		e.Once = "command cancel " + in.GetOrderId()
		return e
	}),
	ordersv1.OrdersService_RefundOrder_FullMethodName: of(func(in *ordersv1.RefundOrderRequest, out *ordersv1.RefundOrderResponse) Entry {
		e := Entry{Action: "refunded", Thing: order(out), To: pieces(out.GetOrder(), in.GetPieces())}
		if amount, err := money.New(out.GetOrder().GetCurrencyCode(), in.GetAmountMinor()); err == nil && amount.Minor() > 0 {
			e.To = amount.String()
		}
		return e
	}),
	ordersv1.OrdersService_ReturnItems_FullMethodName: of(func(in *ordersv1.ReturnItemsRequest, out *ordersv1.ReturnItemsResponse) Entry {
		return Entry{Action: "took back pieces of", Thing: order(out), To: pieces(out.GetOrder(), in.GetPieces())}
	}),
	ordersv1.OrdersService_ResolveAttention_FullMethodName: of(func(in *ordersv1.ResolveAttentionRequest, out *ordersv1.ResolveAttentionResponse) Entry {
		return Entry{Action: "decided on", Thing: order(out), To: word(in.GetAction().String(), "ACTION_")}
	}),
	ordersv1.OrdersService_AddNote_FullMethodName: of(func(_ *ordersv1.AddNoteRequest, out *ordersv1.AddNoteResponse) Entry {
		return Entry{Action: "added a note to", Thing: order(out)}
	}),

	inventoryv1.InventoryService_SetLevels_FullMethodName: of(func(in *inventoryv1.SetLevelsRequest, _ *inventoryv1.SetLevelsResponse) Entry {
		return Entry{Action: "counted", Thing: several("stock of", in.GetLevels(), (*inventoryv1.SetLevelsRequest_Count).GetSku), To: list(in.GetLevels(), func(l *inventoryv1.SetLevelsRequest_Count) string {
			return fmt.Sprintf("%d × %s", l.GetOnHand(), l.GetSku())
		})}
	}),
	inventoryv1.InventoryService_Receive_FullMethodName: of(func(in *inventoryv1.ReceiveRequest, _ *inventoryv1.ReceiveResponse) Entry {
		return Entry{Action: "received", Thing: several("stock of", in.GetLines(), (*inventoryv1.Line).GetSku), To: list(in.GetLines(), func(l *inventoryv1.Line) string {
			return fmt.Sprintf("%d × %s", l.GetQuantity(), l.GetSku())
		})}
	}),
	inventoryv1.InventoryService_Adjust_FullMethodName: of(func(in *inventoryv1.AdjustRequest, out *inventoryv1.AdjustResponse) Entry {
		now := out.GetLevel().GetOnHand()
		return Entry{Action: "corrected", Thing: "stock of " + in.GetSku(), From: strconv.FormatInt(now-in.GetBy(), 10), To: strconv.FormatInt(now, 10)}
	}),

	catalogv1.CatalogService_UpsertProducts_FullMethodName: of(func(in *catalogv1.UpsertProductsRequest, out *catalogv1.UpsertProductsResponse) Entry {
		return Entry{
			Action: "wrote", Thing: several("product", in.GetProducts(), (*catalogv1.Product).GetSlug),
			To: fmt.Sprintf("%d new, %d changed, %d unchanged", out.GetCreated(), out.GetUpdated(), out.GetUnchanged()),
		}
	}),
	catalogv1.CatalogService_WithdrawProducts_FullMethodName: of(func(in *catalogv1.WithdrawProductsRequest, _ *catalogv1.WithdrawProductsResponse) Entry {
		return Entry{Action: "withdrew", Thing: several("product", in.GetIds(), same)}
	}),
	catalogv1.CatalogService_DeleteProducts_FullMethodName: of(func(in *catalogv1.DeleteProductsRequest, _ *catalogv1.DeleteProductsResponse) Entry {
		return Entry{Action: "deleted", Thing: several("product", in.GetIds(), same)}
	}),
	catalogv1.CatalogService_UpsertCategories_FullMethodName: of(func(in *catalogv1.UpsertCategoriesRequest, _ *catalogv1.UpsertCategoriesResponse) Entry {
		return Entry{Action: "wrote", Thing: several("category", in.GetCategories(), (*catalogv1.Category).GetSlug), To: list(in.GetCategories(), categorySaid)}
	}),
	catalogv1.CatalogService_DeleteCategories_FullMethodName: of(func(in *catalogv1.DeleteCategoriesRequest, _ *catalogv1.DeleteCategoriesResponse) Entry {
		return Entry{Action: "deleted", Thing: several("category", in.GetSlugs(), same)}
	}),

	pricingv1.PricingService_UpsertPromotions_FullMethodName: of(func(in *pricingv1.UpsertPromotionsRequest, _ *pricingv1.UpsertPromotionsResponse) Entry {
		return Entry{Action: "saved", Thing: several("promotion", in.GetPromotions(), (*pricingv1.Promotion).GetId), To: list(in.GetPromotions(), (*pricingv1.Promotion).GetName)}
	}),
	pricingv1.PricingService_EndPromotion_FullMethodName: of(func(in *pricingv1.EndPromotionRequest, _ *pricingv1.EndPromotionResponse) Entry {
		return Entry{Action: "ended", Thing: "promotion " + in.GetId()}
	}),
	pricingv1.PricingService_ChangeTariffs_FullMethodName: of(func(in *pricingv1.ChangeTariffsRequest, out *pricingv1.ChangeTariffsResponse) Entry {
		return Entry{Action: "changed", Thing: "delivery and taxes", From: "version " + in.GetSeenVersion(), To: "version " + out.GetVersion()}
	}),
	pricingv1.PricingService_ResetTariffs_FullMethodName: of(func(in *pricingv1.ResetTariffsRequest, out *pricingv1.ResetTariffsResponse) Entry {
		return Entry{Action: "returned to the configuration of", Thing: "delivery and taxes", From: "version " + in.GetSeenVersion(), To: "version " + out.GetVersion()}
	}),

	settingsv1.SettingsService_ChangeSettings_FullMethodName: of(func(in *settingsv1.ChangeSettingsRequest, out *settingsv1.ChangeSettingsResponse) Entry {
		return Entry{Action: "changed", Thing: "the shop's settings", From: fmt.Sprintf("version %d", in.GetSeenVersion()), To: fmt.Sprintf("version %d", out.GetVersion())}
	}),
	notificationsv1.NotificationsService_ResendMail_FullMethodName: of(func(in *notificationsv1.ResendMailRequest, _ *notificationsv1.ResendMailResponse) Entry {
		return Entry{Action: "sent again", Thing: "mail " + in.GetId()}
	}),

	webhooksv1.WebhooksService_AddEndpoint_FullMethodName: of(func(_ *webhooksv1.AddEndpointRequest, out *webhooksv1.AddEndpointResponse) Entry {
		return Entry{Action: "added", Thing: "webhook endpoint " + out.GetEndpoint().GetId(), To: out.GetEndpoint().GetUrl()}
	}),
	webhooksv1.WebhooksService_SetActive_FullMethodName: of(func(in *webhooksv1.SetActiveRequest, _ *webhooksv1.SetActiveResponse) Entry {
		return Entry{Action: map[bool]string{true: "switched on", false: "switched off"}[in.GetActive()], Thing: "webhook endpoint " + in.GetId()}
	}),
	webhooksv1.WebhooksService_RemoveEndpoint_FullMethodName: of(func(in *webhooksv1.RemoveEndpointRequest, _ *webhooksv1.RemoveEndpointResponse) Entry {
		return Entry{Action: "removed", Thing: "webhook endpoint " + in.GetId()}
	}),
	webhooksv1.WebhooksService_RotateSecret_FullMethodName: of(func(in *webhooksv1.RotateSecretRequest, _ *webhooksv1.RotateSecretResponse) Entry {
		return Entry{Action: "made a new secret for", Thing: "webhook endpoint " + in.GetId()}
	}),
	webhooksv1.WebhooksService_SendTest_FullMethodName: of(func(in *webhooksv1.SendTestRequest, _ *webhooksv1.SendTestResponse) Entry {
		return Entry{Action: "sent a test to", Thing: "webhook endpoint " + in.GetId()}
	}),
	webhooksv1.WebhooksService_ResendDelivery_FullMethodName: of(func(in *webhooksv1.ResendDeliveryRequest, _ *webhooksv1.ResendDeliveryResponse) Entry {
		return Entry{Action: "sent again", Thing: "webhook delivery " + in.GetId()}
	}),

	accountsv1.AccountsService_CreateAccount_FullMethodName: of(func(in *accountsv1.CreateAccountRequest, out *accountsv1.CreateAccountResponse) Entry {
		return Entry{Action: "made", Thing: "account " + out.GetAccount().GetId(), To: word(in.GetRole().String(), "ROLE_")}
	}),
	accountsv1.AccountsService_CreateKey_FullMethodName: of(func(in *accountsv1.CreateKeyRequest, out *accountsv1.CreateKeyResponse) Entry {
		return Entry{Action: "made", Thing: "API key " + out.GetKey().GetId(), To: strings.Join(in.GetScopes(), " ")}
	}),
	accountsv1.AccountsService_RevokeKey_FullMethodName: of(func(in *accountsv1.RevokeKeyRequest, _ *accountsv1.RevokeKeyResponse) Entry {
		return Entry{Action: "revoked", Thing: "API key " + in.GetId()}
	}),
	accountsv1.AccountsService_ReplaceSigningKey_FullMethodName: of(func(_ *accountsv1.ReplaceSigningKeyRequest, out *accountsv1.ReplaceSigningKeyResponse) Entry {
		return Entry{Action: "asked to replace", Thing: "the key that signs identities", To: fmt.Sprintf("number %d", out.GetKey().GetNumber())}
	}),

	processv1.ProcessService_Announce_FullMethodName: of(func(in *processv1.AnnounceRequest, _ *processv1.AnnounceResponse) Entry {
		return Entry{Action: "moved", Thing: "module " + in.GetModule()} // the line says where to
	}),
	processv1.ProcessService_ResendDeadLetters_FullMethodName: of(func(in *processv1.ResendDeadLettersRequest, _ *processv1.ResendDeadLettersResponse) Entry {
		return Entry{Action: "sent again", Thing: "dead letters of " + in.GetModule(), To: strings.Join(in.GetEventIds(), " ")}
	}),
	processv1.ProcessService_DiscardDeadLetters_FullMethodName: of(func(in *processv1.DiscardDeadLettersRequest, _ *processv1.DiscardDeadLettersResponse) Entry {
		return Entry{Action: "gave up", Thing: "dead letters of " + in.GetModule(), To: strings.Join(in.GetEventIds(), " ")}
	}),
}

// of makes words for messages of one method into words for any.
func of[In, Out proto.Message](words func(In, Out) Entry) func(request, response any) Entry {
	return func(request, response any) Entry { return words(request.(In), response.(Out)) }
}

func order(answer interface{ GetOrder() *ordersv1.Order }) string {
	return "order " + answer.GetOrder().GetNumber()
}

// Cancelled is the cancellation of an order, and what the order became by it: one that was
// not paid failed, and one of which a part was sent is closed.
func Cancelled(o *ordersv1.Order) Entry {
	return Entry{Action: "cancelled", Thing: "order " + o.GetNumber(), To: word(o.GetStatus().String(), "ORDER_STATUS_")}
}

// pieces are pieces of an order in few words; none stand for all that was left.
func pieces(o *ordersv1.Order, pieces []*ordersv1.Piece) string {
	if len(pieces) == 0 {
		return "all that was left"
	}
	return list(pieces, func(p *ordersv1.Piece) string {
		name := p.GetLineId()
		if at := slices.IndexFunc(o.GetLines(), func(l *ordersv1.Line) bool { return l.GetId() == name }); at >= 0 {
			name = o.GetLines()[at].GetSku()
		}
		return fmt.Sprintf("%d × %s", p.GetQuantity(), name)
	})
}

// several names things of a kind: one by its name, many by their number.
func several[T any](kind string, things []T, name func(T) string) string {
	if len(things) == 1 {
		return kind + " " + name(things[0])
	}
	return fmt.Sprintf("%s: %d at once", kind, len(things))
}

func list[T any](things []T, text func(T) string) string {
	var texts []string
	for _, thing := range things {
		texts = append(texts, text(thing))
	}
	return strings.Join(texts, ", ")
}

func same(text string) string { return text }

// word is what people call a value of the contracts.
func word(value, prefix string) string { return strings.ToLower(strings.TrimPrefix(value, prefix)) }

// categorySaid is what a category says, in a line.
func categorySaid(c *catalogv1.Category) string {
	said := fmt.Sprintf("%s at position %d", c.GetName(), c.GetPosition())
	if c.GetWithdrawn() {
		said += ", withdrawn"
	}
	return said
}
