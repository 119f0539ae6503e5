package cart_test

import (
	"context"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	accountsv1 "galleria/modules/accounts/v1"
	"galleria/modules/cart/carttest"
	cartv1 "galleria/modules/cart/v1"
	"galleria/modules/catalog/catalogtest"
	"galleria/platform/contract"
	"galleria/platform/id"
	"galleria/platform/identity"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// ways are all methods that open one cart by its id.
var ways = map[string]func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error{
	"GetCart": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.GetCart(ctx, &cartv1.GetCartRequest{CartId: cart})
		return err
	},
	"AddItem": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.AddItem(ctx, &cartv1.AddItemRequest{CartId: cart, Sku: "MUG", Quantity: 1, IdempotencyKey: id.New()})
		return err
	},
	"SetItem": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.SetItem(ctx, &cartv1.SetItemRequest{CartId: cart, Sku: "MUG", Quantity: 2})
		return err
	},
	"SetCodes": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.SetCodes(ctx, &cartv1.SetCodesRequest{CartId: cart, Codes: []string{"TEN"}})
		return err
	},
	"SetDelivery": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.SetDelivery(ctx, &cartv1.SetDeliveryRequest{CartId: cart, DeliveryOption: "express"})
		return err
	},
	"SetDestination": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.SetDestination(ctx, &cartv1.SetDestinationRequest{CartId: cart, Destination: &cartv1.Destination{Country: "PT"}})
		return err
	},
	"SetCustomer": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.SetCustomer(ctx, &cartv1.SetCustomerRequest{CartId: cart, CustomerId: "ana"})
		return err
	},
	"MergeCarts": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.MergeCarts(ctx, &cartv1.MergeCartsRequest{From: id.Secret(), Into: cart, IdempotencyKey: id.New()})
		return err
	},
	"MergeCarts from it": func(ctx context.Context, carts cartv1.CartServiceClient, cart string) error {
		_, err := carts.MergeCarts(ctx, &cartv1.MergeCartsRequest{From: cart, Into: id.Secret(), IdempotencyKey: id.New()})
		return err
	},
}

func TestACustomersCartIsNotOpenedToAnotherPerson(t *testing.T) {
	signer, err := identity.NewSigner([]byte(strings.Repeat("s", ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	vouching := module.Definition{
		Name: "accounts", Contract: &accountsv1.AccountsService_ServiceDesc, Vouches: true,
		New: func(module.Host) (*module.Instance, error) {
			return &module.Instance{Server: accountsv1.UnimplementedAccountsServiceServer{}, Vouches: func() []ed25519.PublicKey { return []ed25519.PublicKey{signer.Public()} }}, nil
		},
	}
	as := func(who identity.Identity) context.Context {
		who.Expires = time.Now().Add(time.Minute)
		statement, err := signer.Sign(who)
		if err != nil {
			t.Fatal(err)
		}
		return identity.With(t.Context(), statement)
	}
	world := moduletest.World{carttest.Definition(), catalogtest.NewFake(t, catalogtest.Product("MUG")).Definition(), vouching}
	moduletest.Local(t, world, route.ModeLoopback, func(t *testing.T, connect moduletest.Connect) {
		for who, c := range map[string]struct {
			ctx    context.Context
			caller string
			may    bool
		}{
			"a guest with its id":                {t.Context(), "edge", true},
			"its customer":                       {as(identity.Identity{Subject: "ana", Roles: []string{"customer"}}), "edge", true},
			"another customer":                   {as(identity.Identity{Subject: "ben", Roles: []string{"customer"}}), "edge", false},
			"an operator, who is another person": {as(identity.Identity{Subject: "cleo", Roles: []string{"customer", identity.Operator}}), "edge", false},
			"orders for another customer":        {as(identity.Identity{Subject: "ben", Roles: []string{"customer"}}), "orders", false},
			"a program with its id":              {as(identity.Identity{Subject: "key:1", Scopes: []string{"orders:read"}}), "edge", true},
		} {
			carts := cartv1.NewCartServiceClient(connect(moduletest.As(c.caller, "cart")))
			for name, way := range ways {
				cart := id.Secret()
				if _, err := carts.AddItem(t.Context(), &cartv1.AddItemRequest{CartId: cart, Sku: "MUG", Quantity: 1, IdempotencyKey: "1"}); err != nil {
					t.Fatal(err)
				}
				if _, err := carts.SetCustomer(t.Context(), &cartv1.SetCustomerRequest{CartId: cart, CustomerId: "ana"}); err != nil {
					t.Fatal(err)
				}
				err := way(c.ctx, carts, cart)
				if refused := status.Code(err) == codes.PermissionDenied && contract.Is(err, cartv1.Reason_REASON_NOT_ALLOWED); refused == c.may || c.may && err != nil {
					t.Errorf("%s as %s: got %v", name, who, err)
				}
			}
		}
	})
}
