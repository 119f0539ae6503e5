package gateway_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/app/edge"
	"galleria/app/gateway"
	accountsv1 "galleria/modules/accounts/v1"
	cartv1 "galleria/modules/cart/v1"
	catalogv1 "galleria/modules/catalog/v1"
	inventoryv1 "galleria/modules/inventory/v1"
	ordersv1 "galleria/modules/orders/v1"
	pricingv1 "galleria/modules/pricing/v1"
	webhooksv1 "galleria/modules/webhooks/v1"
	"galleria/platform/contract"
)

// paths are the fields of a contract's message as a module names them when it refuses
// them, lists by their first entry.
func paths(m protoreflect.MessageDescriptor, at string) (all []string) {
	for i := range m.Fields().Len() {
		f := m.Fields().Get(i)
		name := at + string(f.Name())
		all = append(all, name)
		if f.IsList() {
			name += "[0]"
			all = append(all, name)
		}
		if of := f.Message(); of != nil && !f.IsMap() && of.ParentFile().Package() == m.ParentFile().Package() {
			all = append(all, paths(of, name+".")...)
		}
	}
	return all
}

// lacks tells what of a field's place an operation does not have; "" when it has it.
func (d document) lacks(o operation, f gateway.FieldError) string {
	if f.In != "" {
		if slices.ContainsFunc(o.Parameters, func(p parameter) bool { return p.In == f.In && p.Name == f.Parameter }) {
			return ""
		}
		return f.In + " parameter " + f.Parameter
	}
	switch {
	case f.Pointer == "#":
		return ""
	case o.RequestBody == nil:
		return "body"
	}
	s := d.resolve(o.RequestBody.Content["application/json"].Schema)
	for _, name := range strings.Split(strings.TrimPrefix(f.Pointer, "#"), "/")[1:] {
		of, has := s.Properties[name]
		if s.Items != nil && regexp.MustCompile(`^\d+$`).MatchString(name) {
			of, has = *s.Items, true
		}
		if !has {
			return f.Pointer
		}
		s = d.resolve(of)
	}
	return ""
}

// TestARefusedFieldIsInTheRequest has each field that a module may refuse in what an
// operation sends it refused: it is a parameter of the operation, or in its body.
func TestARefusedFieldIsInTheRequest(t *testing.T) {
	s := open(t, edge.Limits{Loopback: true})
	d := readDocument(s)
	operations := map[string]operation{}
	for _, r := range d.routes() {
		operations[r.OperationID] = r.operation
	}
	for _, test := range []struct {
		operation, at string
		sent          proto.Message
		says          func(error) error
	}{
		{"putProduct", "products[0].", &catalogv1.Product{}, gateway.NotWritten},
		{"putProduct", "", &catalogv1.UpsertProductsRequest{}, gateway.NotWritten},
		{"putPromotion", "promotions[0].", &pricingv1.Promotion{}, gateway.NotPromoted},
		{"adjustStock", "", &inventoryv1.AdjustRequest{}, gateway.NotMoved},
		{"receiveStock", "", &inventoryv1.ReceiveRequest{}, gateway.NotMoved},
		{"fulfilOrder", "", &ordersv1.ShipOrderRequest{}, gateway.NotChanged},
		{"refundOrder", "", &ordersv1.RefundOrderRequest{}, gateway.NotChanged},
		{"addWebhook", "", &webhooksv1.AddEndpointRequest{}, gateway.NotSent},
	} {
		for _, field := range paths(test.sent.ProtoReflect().Descriptor(), test.at) {
			var p *gateway.Problem
			said := test.says(contract.Invalid(contract.Violation{Field: field, Message: "is wrong"}))
			if !errors.As(said, &p) || len(p.Errors) != 1 || p.Errors[0].Detail != "is wrong" {
				t.Errorf("%s: %s: got %v, want one field that is wrong", test.operation, field, said)
				continue
			}
			if lacks := d.lacks(operations[test.operation], p.Errors[0]); lacks != "" {
				t.Errorf("%s: %s is said to be at %+v, but there is no %s", test.operation, field, p.Errors[0], lacks)
			}
		}
	}
	for field, place := range gateway.OrderFields {
		if lacks := d.lacks(operations["placeOrder"], place); lacks != "" {
			t.Errorf("placeOrder: %s is said to be at %+v, but there is no %s", field, place, lacks)
		}
		if !slices.Contains(paths((&ordersv1.PlaceOrderRequest{}).ProtoReflect().Descriptor(), ""), field) {
			t.Errorf("placeOrder: orders has no field %s", field)
		}
	}
}

// words are looked for in texts.
type words map[string]bool

// indexed is one field of many, as modules name them.
var indexed = regexp.MustCompile(`\w+\[\d+\]`)

// in is the first of the words in a text, or an indexed one; "" when there is none.
func (w words) in(text string) string {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if w[word] {
			return word
		}
	}
	if !strings.Contains(text, "[") {
		return "" // quickly: an expression takes a hundred times as long with the race detector
	}
	return indexed.FindString(text)
}

func TestWordsOfModulesAreFoundInTexts(t *testing.T) {
	foreign := words{"on_hand": true}
	for text, want := range map[string]string{
		"on_hand must not be negative": "on_hand", "must not exceed on_hand": "on_hand", "more than (on_hand) has": "on_hand",
		"the e-mail address on_hands": "", "by_on_hand": "", "levels[3].sku is wrong": "levels[3]", "one of [a b]": "", "": "",
	} {
		if got := foreign.in(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// foreign are the names of fields of the modules' contracts that the API does not have.
func (d document) foreign() words {
	own := map[string]bool{}
	for _, s := range d.Components.Schemas {
		for name := range s.Properties {
			own[name] = true
		}
	}
	for _, r := range d.routes() {
		for _, p := range r.Parameters {
			own[p.Name] = true
		}
	}
	foreign := words{}
	for _, file := range []protoreflect.FileDescriptor{
		catalogv1.File_catalog_v1_catalog_proto, inventoryv1.File_inventory_v1_inventory_proto, pricingv1.File_pricing_v1_pricing_proto,
		ordersv1.File_orders_v1_orders_proto, webhooksv1.File_webhooks_v1_webhooks_proto, cartv1.File_cart_v1_cart_proto, accountsv1.File_accounts_v1_accounts_proto,
	} {
		for i := range file.Messages().Len() {
			for _, path := range paths(file.Messages().Get(i), "") {
				name := path[strings.LastIndex(path, ".")+1:]
				if strings.Contains(name, "_") && !strings.HasSuffix(name, "]") && !own[name] {
					foreign[name] = true
				}
			}
		}
	}
	return foreign
}

// has tells whether a pointer leads to something in a body.
func has(body, pointer string) bool {
	var at any
	if json.Unmarshal([]byte(body), &at) != nil {
		return false
	}
	for _, name := range strings.Split(strings.TrimPrefix(pointer, "#"), "/")[1:] {
		switch in := at.(type) {
		case map[string]any:
			of, has := in[strings.NewReplacer("~1", "/", "~0", "~").Replace(name)]
			if !has {
				return false
			}
			at = of
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(in) {
				return false
			}
			at = in[i]
		default:
			return false
		}
	}
	return pointer != ""
}

// wrongWords tells what a problem names that the operation does not have, or the API has
// no such word for; "" when there is nothing.
func (d document) wrongWords(r sent, a answer, foreign words) string {
	if a.status < 400 {
		return ""
	}
	var p gateway.Problem
	a.into(&p)
	for _, f := range append(p.Errors, gateway.FieldError{Detail: p.Detail}) {
		if word := foreign.in(f.Detail); word != "" {
			return "it speaks of " + word + ", which is a word of a module"
		}
		if f.Detail == "unknown query parameter" || strings.HasPrefix(f.Parameter, "option.") || has(r.body, f.Pointer) {
			continue // it was sent, and is not in the document
		}
		if lacks := d.lacks(r.operation, f); (f.Pointer != "" || f.In != "") && lacks != "" {
			return "it says that something is wrong with " + lacks + ", which the operation does not have"
		}
	}
	return ""
}
