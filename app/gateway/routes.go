package gateway

import (
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humaecho"
	"github.com/labstack/echo/v4"

	"galleria/app/edge"
)

// open makes the routes and the document of them.
func (g *Gateway) open() error {
	setUp()
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.Logger.SetOutput(io.Discard) // what echo would say, note says through slog
	e.IPExtractor = g.edge.IPExtractor()
	e.Use(g.around)
	g.echo = e
	api := humaecho.NewWithGroup(e, e.Group(Prefix), describe(g.base))
	api.UseMiddleware(g.before)

	// The catalogue, which all may keep.
	operate(api, g.listProducts, operation{method: http.MethodGet, path: "/products", id: "listProducts", tag: "Catalogue", catalogue: true,
		summary: "List products", text: "Newest first, or by how well they match q. Products of which every variant is withdrawn are left out. A product matches when one of its variants has all the values of options."})
	operate(api, g.getProduct, operation{method: http.MethodGet, path: "/products/{slug_or_sku}", id: "getProduct", tag: "Catalogue", catalogue: true, errors: []int{404},
		summary: "Get a product", text: "With its variants, and what can be had of each. A slug that the product had before finds it too."})
	operate(api, g.listCategories, operation{method: http.MethodGet, path: "/categories", id: "listCategories", tag: "Catalogue", catalogue: true,
		summary: "List the categories", text: "All of them, with how many products each has."})

	// The cart, for who has its id.
	operate(api, g.createCart, operation{method: http.MethodPost, path: "/carts", id: "createCart", tag: "Carts", status: http.StatusCreated, counts: []count{{"carts", edge.NewCarts}},
		summary: "Make a cart", text: "Its id opens it to all who know it. A cart is forgotten some time after its last change, 30 days unless the shop set another. With an Idempotency-Key a repeat answers the same cart."})
	operate(api, g.getCart, operation{method: http.MethodGet, path: "/carts/{cart_id}", id: "getCart", tag: "Carts", errors: []int{404},
		summary: "Get a cart", text: "As it is priced now, with discounts, delivery, taxes and totals."})
	operate(api, g.setItem, operation{method: http.MethodPut, path: "/carts/{cart_id}/items/{sku}", id: "setCartItem", tag: "Carts", errors: []int{404, 409},
		summary: "Set how many of a variant are in the cart", text: "From 1 to 99. One that is not in the cart yet is put into it."})
	operate(api, g.removeItem, operation{method: http.MethodDelete, path: "/carts/{cart_id}/items/{sku}", id: "removeCartItem", tag: "Carts", errors: []int{404},
		summary: "Take a variant out of the cart", text: "One that is not in it is out already."})
	operate(api, g.setAddress, operation{method: http.MethodPut, path: "/carts/{cart_id}/address", id: "setCartAddress", tag: "Carts", errors: []int{404},
		summary: "Say where the goods go", text: "As far as prices depend on it. The whole address is part of the order."})
	operate(api, g.setDelivery, operation{method: http.MethodPut, path: "/carts/{cart_id}/delivery", id: "setCartDelivery", tag: "Carts", errors: []int{404},
		summary: "Choose how the goods are sent", text: "One of the cart's delivery_options; where nothing is chosen it is the cheapest."})
	operate(api, g.addCode, operation{method: http.MethodPut, path: "/carts/{cart_id}/codes/{code}", id: "addCartCode", tag: "Carts", errors: []int{404, 409},
		summary: "Add a voucher code", text: "A code that can't take anything off, whatever else is bought, is refused; one that can't yet is kept, and says why."})
	operate(api, g.removeCode, operation{method: http.MethodDelete, path: "/carts/{cart_id}/codes/{code}", id: "removeCartCode", tag: "Carts", errors: []int{404},
		summary: "Take a voucher code out", text: "One that is not in the cart is out already."})

	// Orders, for who has their token, or is the customer.
	operate(api, g.placeOrder, operation{method: http.MethodPost, path: "/orders", id: "placeOrder", slow: true, tag: "Orders", status: http.StatusCreated, errors: []int{409}, counts: []count{{"checkouts", edge.CheckoutAttempts}},
		summary: "Order what is in a cart", text: "At the total that is expected, with the delivery option and the codes of the cart. The answer says where the order is paid. A repeat with the same Idempotency-Key and body is the same order; after not-known, only such a repeat can tell whether there is one."})
	operate(api, g.getOrder, operation{method: http.MethodGet, path: "/orders/{order_id}", id: "getOrder", tag: "Orders", errors: []int{401, 404}, token: true, scope: "orders:read",
		summary: "Get an order", text: "For its token, and the session of its customer."})
	operate(api, g.cancelOrder, operation{method: http.MethodPost, path: "/orders/{order_id}/cancel", id: "cancelOrder", slow: true, tag: "Orders", errors: []int{401, 404, 409}, token: true, scope: "orders:write", counts: []count{{"cancellations", edge.Cancellations}},
		summary: "Cancel an order", text: "As long as nothing of it was sent. Goods and money follow. For its token, and the session of its customer."})
	operate(api, g.payOrder, operation{method: http.MethodPost, path: "/orders/{order_id}/payments", id: "payOrder", slow: true, tag: "Orders", errors: []int{401, 404, 409}, token: true, counts: []count{{"checkouts", edge.CheckoutAttempts}},
		summary: "Pay an order, or try again", text: "Where an order is paid that is not paid yet. A repeat answers the same payment. For its token, and the session of its customer."})
	// People, for who has the token of a session.
	operate(api, g.logIn, operation{method: http.MethodPost, path: "/sessions", id: "logIn", tag: "People", status: http.StatusCreated, errors: []int{401}, slow: true,
		summary: "Log in", text: "Opens a session. An unknown address and a wrong password are answered alike."})
	operate(api, g.logOut, operation{method: http.MethodDelete, path: "/sessions/current", id: "logOut", tag: "People", status: http.StatusNoContent, errors: []int{401}, session: true,
		summary: "Log out", text: "Ends the session whose token is shown."})
	operate(api, g.me, operation{method: http.MethodGet, path: "/me", id: "getMe", tag: "People", errors: []int{401}, session: true,
		summary: "Get who is logged in", text: "The account that the session is of: its address, name and roles."})
	operate(api, g.myOrders, operation{method: http.MethodGet, path: "/me/orders", id: "listMyOrders", tag: "People", errors: []int{401}, session: true,
		summary: "List the orders of who is logged in", text: "Newest first: all of the person's verified address, also those that were placed without logging in."})
	g.staffRoutes(api)
	return g.publish(api)
}

// operation is one route, and what its document says beyond its types.
type operation struct {
	method, path, id, tag, summary, text string
	status                               int    // when all is well; 0: 200
	errors                               []int  // beside those that every operation has
	catalogue                            bool   // may be kept by all, and waits in turn
	token                                bool   // takes an order's token, or the session of its customer
	scope                                string // takes an API key with it, or the session of staff
	session                              bool   // wants a session's token
	slow                                 bool   // may take longer than others
	counts                               []count
}

// count is one kind of what a client may do only so often.
type count struct {
	name string
	kind edge.Kind
}

// operate adds a route.
func operate[I, O any](api huma.API, handler func(*request, *I) (*O, error), o operation) {
	op := huma.Operation{
		Method: o.method, Path: o.path, OperationID: o.id, Tags: []string{o.tag}, Summary: o.summary, Description: o.text,
		DefaultStatus: o.status, MaxBodyBytes: bodyLimit + 1, Metadata: map[string]any{"operation": o},
		RejectUnknownQueryParameters: o.id != "listProducts", // which looks at them itself
	}
	op.Errors = slices.Concat(o.errors, []int{http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable})
	if o.method == http.MethodPost || o.method == http.MethodPut {
		op.Errors = append(op.Errors, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if o.token {
		op.Security = []map[string][]string{{"order": {}}, {"session": {}}}
		op.Errors = append(op.Errors, http.StatusForbidden)
	}
	if o.scope != "" {
		op.Security = append(op.Security, map[string][]string{"key": {o.scope}})
		if !o.token {
			op.Security = append(op.Security, map[string][]string{"session": {}})
			op.Errors = append(op.Errors, http.StatusUnauthorized, http.StatusForbidden)
		}
		op.Description = strings.TrimSpace(op.Description + " For API keys with the scope " + o.scope + ", and for the sessions of people who work in the shop.")
	}
	if o.session {
		op.Security = []map[string][]string{{"session": {}}}
	}
	huma.Register(api, op, serve(handler))
	document(api.OpenAPI(), o)
}
