package gateway

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

// staffRoutes are for people who work in the shop, and for programs with an API key of
// which the scope is said. The modules decide who may do what.
func (g *Gateway) staffRoutes(api huma.API) {
	operate(api, g.listOrders, operation{method: http.MethodGet, path: "/orders", id: "listOrders", tag: "Staff", scope: "orders:read",
		summary: "List orders", text: "The newest first."})
	operate(api, g.fulfilOrder, operation{method: http.MethodPost, path: "/orders/{order_id}/fulfilments", id: "fulfilOrder", tag: "Staff", scope: "orders:write", slow: true, status: http.StatusCreated, errors: []int{404, 409},
		summary: "Note that a parcel was sent", text: "The customer gets a mail."})
	operate(api, g.refundOrder, operation{method: http.MethodPost, path: "/orders/{order_id}/refunds", id: "refundOrder", tag: "Staff", scope: "orders:write", slow: true, status: http.StatusCreated, errors: []int{404, 409},
		summary: "Refund an order, or a part of it", text: "The money goes back the way it came. With an amount the scope orders:read is needed, too: it is compared with the order's currency."})

	operate(api, g.listCatalogue, operation{method: http.MethodGet, path: "/catalogue", id: "listCatalogue", tag: "Staff", scope: "products:read",
		summary: "List all products as the shop keeps them", text: "With those that are not sold just now, in all currencies, as PUT takes them."})
	operate(api, g.getWhole, operation{method: http.MethodGet, path: "/catalogue/{slug_or_sku}", id: "getCatalogueProduct", tag: "Staff", scope: "products:read", errors: []int{404},
		summary: "Get a product as the shop keeps it", text: "As PUT takes it; its ETag is what If-Match wants there."})
	operate(api, g.putProduct, operation{method: http.MethodPut, path: "/catalogue/{slug_or_sku}", id: "putProduct", tag: "Staff", scope: "products:write", slow: true, errors: []int{409, 412, 428},
		summary: "Write a product", text: "The whole product: what the body leaves out is removed. If-Match says which version is replaced, so that no change of another person is lost; If-None-Match: * makes a product that is not there. One of both is required. A repeat changes nothing, and is answered like the first."})
	operate(api, g.deleteProduct, operation{method: http.MethodDelete, path: "/catalogue/{slug_or_sku}", id: "deleteProduct", tag: "Staff", scope: "products:write", slow: true, status: http.StatusNoContent, errors: []int{404, 412, 428},
		summary: "Delete a product", text: "Orders that have it stay as they are. If-Match says which version is deleted, so that no change of another person is lost; it is required. A repeat finds nothing (404)."})

	operate(api, g.getStock, operation{method: http.MethodGet, path: "/stock", id: "getStock", tag: "Staff", scope: "stock:read",
		summary: "Get how many there are"})
	operate(api, g.adjustStock, operation{method: http.MethodPost, path: "/stock/{sku}/adjustments", id: "adjustStock", tag: "Staff", scope: "stock:write", status: http.StatusCreated, errors: []int{409},
		summary: "Correct how many there are", text: "By a difference, and with its reason. Answers how many there are after it."})
	operate(api, g.receiveStock, operation{method: http.MethodPost, path: "/stock/{sku}/receipts", id: "receiveStock", tag: "Staff", scope: "stock:write", status: http.StatusCreated,
		summary: "Receive goods that were delivered", text: "Answers how many there are after it."})

	operate(api, g.listPromotions, operation{method: http.MethodGet, path: "/promotions", id: "listPromotions", tag: "Staff", scope: "promotions:read",
		summary: "List promotions"})
	operate(api, g.putPromotion, operation{method: http.MethodPut, path: "/promotions/{promotion_id}", id: "putPromotion", tag: "Staff", scope: "promotions:write", errors: []int{409},
		summary: "Write a promotion", text: "The whole promotion. One that is not there is made. How often it was used stays. A repeat changes nothing."})
	operate(api, g.endPromotion, operation{method: http.MethodDelete, path: "/promotions/{promotion_id}", id: "endPromotion", tag: "Staff", scope: "promotions:write", errors: []int{404},
		summary: "End a promotion now", text: "It stays in the list, for the orders that used it."})

	operate(api, g.listEndpoints, operation{method: http.MethodGet, path: "/webhooks", id: "listWebhooks", tag: "Staff", scope: "webhooks:read",
		summary: "List the endpoints of webhooks"})
	operate(api, g.addEndpoint, operation{method: http.MethodPost, path: "/webhooks", id: "addWebhook", tag: "Staff", scope: "webhooks:write", status: http.StatusCreated, errors: []int{409},
		summary: "Register an endpoint", text: "It is told what happens from now on, by signed requests as Standard Webhooks says. A repeat with the same key and body answers the same endpoint and secret."})
	operate(api, g.removeEndpoint, operation{method: http.MethodDelete, path: "/webhooks/{endpoint_id}", id: "removeWebhook", tag: "Staff", scope: "webhooks:write", status: http.StatusNoContent,
		summary: "Remove an endpoint", text: "With its deliveries. One that is not there is removed already."})
	operate(api, g.listDeliveries, operation{method: http.MethodGet, path: "/webhooks/{endpoint_id}/deliveries", id: "listWebhookDeliveries", tag: "Staff", scope: "webhooks:read", errors: []int{404},
		summary: "List what was or is to be sent to an endpoint"})
	operate(api, g.resendDelivery, operation{method: http.MethodPost, path: "/webhooks/deliveries/{delivery_id}/resend", id: "resendWebhookDelivery", tag: "Staff", scope: "webhooks:write", errors: []int{404, 409},
		summary: "Send a delivery again", text: "At once, with the same webhook-id."})
}
