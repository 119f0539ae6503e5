package app_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"galleria/app"
	"galleria/app/shoptest"
	"galleria/platform/certs"
	"galleria/platform/process"
	"galleria/platform/route"
)

// TestWhatIsNoTextIsTheSendersMistake, on both databases: PostgreSQL refuses a NUL
// and SQLite stores it, and neither is to be seen from outside.
func TestWhatIsNoTextIsTheSendersMistake(t *testing.T) {
	for name, postgres := range map[string]bool{"SQLite": false, "PostgreSQL": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			shop := shoptest.Open(t, shoptest.Layout{Postgres: postgres})
			ana := shop.Guest(t, "Ana")
			ana.Adds(1, shoptest.Mug)
			order := ana.Pays(shoptest.Visa)
			for _, bad := range []string{"%00", "%ff", "a%00b", "%c3%28"} {
				for path, want := range map[string]int{
					"/orders/" + bad + "?token=x": http.StatusNotFound, "/orders/" + order.ID + "?token=" + bad: http.StatusBadRequest,
					"/products/" + bad: http.StatusNotFound, "/c/" + bad: http.StatusNotFound,
					"/search?q=" + bad: http.StatusOK, "/search?q=mug&cursor=" + bad: http.StatusBadRequest, "/search?x=%zz&cursor=" + bad: http.StatusBadRequest,
					"/pictures/" + bad: http.StatusNotFound, "/?" + bad + "=1": http.StatusBadRequest,
				} {
					if got := ana.TriesToSee(path); got.Status != want {
						t.Errorf("%s: got %d, want %d", path, got.Status, want)
					}
				}
				text, err := url.QueryUnescape(bad)
				if err != nil {
					t.Fatal(err)
				}
				ana.Adds(1, shoptest.Mug)
				for _, field := range []string{"key", "email", "line1", "city", "country", "total"} {
					form := ana.FillsIn(shoptest.Visa)
					form.Set(field, text)
					if got := ana.Tries(form); got.Status != http.StatusBadRequest {
						t.Errorf("a checkout with %s in %s: got %d, want 400", bad, field, got.Status)
					}
				}
				if got := ana.Post("/cart/items", url.Values{"sku": {text}, "quantity": {"1"}}); got.Status != http.StatusBadRequest {
					t.Errorf("an item called %s: got %d, want 400", bad, got.Status)
				}
			}
			everyContractWithNUL(t, shop)
			shop.Books(t)
		})
	}
}

// everyContractWithNUL calls every method of every module, as another process
// would, with a NUL in each text at once, and in each alone.
func everyContractWithNUL(t *testing.T, shop *shoptest.Shop) {
	t.Helper()
	c := app.DefaultConfig()
	c.Data = shop.Data()
	authority, err := certs.OpenAuthority(app.AuthorityDir(c))
	if err != nil {
		t.Fatal(err)
	}
	id, err := certs.FromAuthority(authority, certs.Rights{Speaks: app.AllCallers(c)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := route.Dial(shop.Address("rpc"), id.Client())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	definitions := app.Definitions(c.Modules)
	for _, d := range definitions {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(d.Contract.ServiceName))
		if err != nil {
			t.Fatal(err)
		}
		methods := found.(protoreflect.ServiceDescriptor).Methods()
		for i := range methods.Len() {
			m := methods.Get(i)
			if texts(m.Input(), -1, nil) == 0 {
				continue // it takes no text
			}
			for at := range texts(m.Input(), -1, nil) + 1 {
				in, out := message(t, m.Input()), message(t, m.Output())
				texts(m.Input(), at-1, in.ProtoReflect()) // -1: in all
				var err error
				for _, caller := range process.Callers(definitions, app.Outside, d.Name) {
					ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
					err = conn.Invoke(route.WithCaller(ctx, caller), "/"+d.Contract.ServiceName+"/"+string(m.Name()), in, out)
					cancel()
					if status.Code(err) != codes.PermissionDenied { // else it is for another one
						break
					}
				}
				forPeople := m.FullName() == "orders.v1.OrdersService.ListMyOrders" || m.FullName() == "cart.v1.CartService.CountCarts"
				if forPeople && status.Code(err) == codes.PermissionDenied {
					continue // no process is one
				}
				switch code := status.Code(err); code {
				case codes.Internal, codes.Unknown, codes.Unavailable, codes.DeadlineExceeded, codes.DataLoss, codes.PermissionDenied:
					t.Errorf("%s with text %d of %v: %v", m.FullName(), at-1, in, err)
				}
			}
		}
	}
}

func message(t *testing.T, d protoreflect.MessageDescriptor) proto.Message {
	t.Helper()
	kind, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		t.Fatal(err)
	}
	return kind.New().Interface()
}

// texts counts the text fields of a message and those in it, and fills it in: text
// number nul has a NUL, or all if nul is below 0, and the others are plain.
func texts(d protoreflect.MessageDescriptor, nul int, into protoreflect.Message) int {
	n := 0
	fields := d.Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		switch {
		case f.IsMap():
		case f.Kind() == protoreflect.StringKind:
			text := "x1"
			if nul < 0 || nul == n {
				text = "a\x00b"
			}
			n++
			if into != nil {
				put(into, f, protoreflect.ValueOfString(text))
			}
		case f.Message() != nil && f.Message().ParentFile().Package() != "google.protobuf":
			var value protoreflect.Message
			if into != nil {
				if f.IsList() {
					value = into.Mutable(f).List().AppendMutable().Message()
				} else {
					value = into.Mutable(f).Message()
				}
			}
			below := -1
			if nul >= 0 {
				below = nul - n
				if below < 0 {
					below = 1 << 20 // it is above
				}
			}
			n += texts(f.Message(), below, value)
		case into != nil && (f.Kind() == protoreflect.Int64Kind || f.Kind() == protoreflect.Int32Kind):
			if f.Kind() == protoreflect.Int64Kind {
				put(into, f, protoreflect.ValueOfInt64(1))
			} else {
				put(into, f, protoreflect.ValueOfInt32(1))
			}
		}
	}
	return n
}

func put(into protoreflect.Message, f protoreflect.FieldDescriptor, v protoreflect.Value) {
	if f.IsList() {
		into.Mutable(f).List().Append(v)
	} else {
		into.Set(f, v)
	}
}
