package gateway

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/labstack/echo/v4"
)

// describe is what the document says of the API as a whole.
func describe(base string) huma.Config {
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "Galleria", Version: "1",
				Description: "The shop for programs. Amounts are in minor units, times are RFC 3339 in UTC. Every error is an application/problem+json with a type that never changes. " +
					"A client may send only so many requests a minute: RateLimit says how many are left, Retry-After when to come back.",
			},
			Servers: []*huma.Server{{URL: base + Prefix}},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"order":   {Type: "http", Scheme: "bearer", Description: "The access_token of the order."},
					"session": {Type: "http", Scheme: "bearer", Description: "The token of a session."},
					"key":     {Type: "http", Scheme: "bearer", Description: "An API key, which begins with gk_. What it may do, its scopes say; an operation names the one that it needs."},
				},
			},
			Tags: []*huma.Tag{
				{Name: "Catalogue", Description: "What the shop sells."}, {Name: "Carts", Description: "What a customer means to buy. A cart is opened by its id."},
				{Name: "Orders", Description: "What was bought. Who has an order's token may see it, pay it and cancel it."},
				{Name: "People", Description: "Customers and staff who have an account."},
				{Name: "Staff", Description: "What people do who work in the shop, and their programs."},
			},
		},
		Formats:       map[string]huma.Format{"application/json": strictJSON, "json": strictJSON},
		DefaultFormat: "application/json",
		Transformers:  []huma.Transformer{withID},
	}
}

// document says of an operation what its types don't.
func document(api *huma.OpenAPI, o operation) {
	item := api.Paths[o.path]
	op := map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete}[o.method]
	if o.catalogue {
		op.Parameters = append(op.Parameters, &huma.Param{Name: "If-None-Match", In: "header", Description: "The ETag of the answer that the client has.", Schema: &huma.Schema{Type: "string"}})
		op.Responses["200"].Headers["ETag"] = &huma.Param{Description: "Another one when the answer is another one.", Schema: &huma.Schema{Type: "string"}}
		op.Responses["304"] = &huma.Response{Description: "It is still the same."}
	}
	if o.id == "listProducts" {
		explode := true
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "options", In: "query", Style: "form", Explode: &explode, Description: "Values of options, each a parameter of its own that begins with option. and the option's name: option.Size=M. Up to 5.",
			Schema: &huma.Schema{Type: "object", AdditionalProperties: &huma.Schema{Type: "string"}, Extensions: map[string]any{"propertyNames": map[string]any{"pattern": `^option\..{1,50}$`}}},
		})
	}
	for code, response := range op.Responses {
		if response.Headers == nil {
			response.Headers = map[string]*huma.Param{}
		}
		response.Headers["X-Request-Id"] = &huma.Param{Description: "The id of the request, for the shop's logs.", Schema: &huma.Schema{Type: "string"}}
		response.Headers["RateLimit"] = &huma.Param{Description: "How many requests are left (r), and in how many seconds all are there again (t). Missing where there is no limit.", Schema: &huma.Schema{Type: "string"}}
		if code == "429" || code == "503" {
			response.Headers["Retry-After"] = &huma.Param{Description: "In how many seconds to try again.", Schema: &huma.Schema{Type: "integer"}}
		}
	}
}

// publish serves the document, and what people read of it. Both are written when they are
// first asked for: they cost as much as a fifth of the start of a shop, which most often
// is not asked for them.
func (g *Gateway) publish(api huma.API) error {
	problems := api.OpenAPI().Components.Schemas.Map()["Problem"]
	for _, k := range kinds {
		problems.Properties["type"].Enum = append(problems.Properties["type"].Enum, k.uri())
	}
	text := sync.OnceValues(func() ([]byte, error) { return json.MarshalIndent(api.OpenAPI(), "", "  ") })
	g.echo.GET(Prefix+"/openapi.json", func(c echo.Context) error {
		text, err := text()
		if err != nil {
			return fmt.Errorf("gateway: write the OpenAPI document: %w", err)
		}
		c.Response().Header().Set("Cache-Control", revalidated)
		return c.Blob(http.StatusOK, "application/json", text)
	})
	return g.publishManual(api.OpenAPI())
}

// statuses are those that an operation's document has, in order.
func statuses(op *huma.Operation) []int {
	var all []int
	for code := range op.Responses {
		n, _ := strconv.Atoi(code)
		all = append(all, n)
	}
	slices.Sort(all)
	return all
}
