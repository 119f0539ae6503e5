package app_test

import (
	"context"
	"crypto/ed25519"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	"galleria/app"
	"galleria/platform/certs"
	"galleria/platform/contract"
	"galleria/platform/identity"
	"galleria/platform/module"
	"galleria/platform/module/moduletest"
	"galleria/platform/route"
)

// allowedTo says who may call methods, by their names; all others are refused. A method
// that is anybody's opens things by a secret, such as an order's token or a cart's id, or
// to the person whose they are: the tests of its module try those.
var allowedTo = map[string][]string{
	"anybody": {
		"catalog.GetOffers", "catalog.ListProducts", "catalog.GetProducts", "catalog.ListCategories",
		"inventory.GetLevels",
		"cart.GetCart", "cart.CreateCart", "cart.AddItem", "cart.SetItem", "cart.SetCodes", "cart.SetDelivery", "cart.SetDestination", "cart.SetCustomer", "cart.MergeCarts",
		"pricing.Quote",
		"payments.ReceiveWebhook", "payments.GetSandboxSession", "payments.PaySandbox", "payments.AnswerSandboxConsent",
		"orders.PlaceOrder", "orders.GetOrder", "orders.GetUnpaidOrder", "orders.PayOrder", "orders.CancelOrder",
		"settings.GetSettings", "accounts.SignUp", "accounts.VerifyEmail", "accounts.LogIn", "accounts.CreateFirstAdmin", "accounts.BeginPasskeyLogIn", "accounts.FinishPasskeyLogIn", "accounts.RequestReset", "accounts.ResetPassword", "accounts.CheckKey", // and those that take a session
	},
	"people who are logged in":   {"orders.ListMyOrders"},
	"products:read":              {"catalog.ListAllProducts", "catalog.GetEarlierProduct"},
	"products:write":             {"catalog.UpsertProducts", "catalog.WithdrawProducts", "catalog.DeleteProducts", "catalog.UpsertCategories", "catalog.DeleteCategories"},
	"stock:read":                 {"inventory.ListLevels", "inventory.ListMovements", "inventory.Audit"},
	"stock:write":                {"inventory.SetLevels", "inventory.Receive"},
	"stock:write, module orders": {"inventory.Adjust"},
	"promotions:read":            {"pricing.ListPromotions"},
	"promotions:write":           {"pricing.UpsertPromotions", "pricing.EndPromotion"},
	"orders:read":                {"orders.FindOrder", "orders.ListOrders", "orders.GetTotals", "cart.CountCarts"},
	"webhooks:read":              {"webhooks.ListEndpoints", "webhooks.ListDeliveries"},
	"webhooks:write":             {"webhooks.AddEndpoint", "webhooks.SetActive", "webhooks.RemoveEndpoint", "webhooks.RotateSecret", "webhooks.SendTest", "webhooks.ResendDelivery"},
	"orders:read, module orders": {"payments.GetPayment", "payments.ListPayments"},
	"orders:write":               {"orders.ShipOrder", "orders.RefundOrder", "orders.ReturnItems", "orders.ResolveAttention", "orders.AddNote"},
	"module orders": {
		"inventory.Allocate", "inventory.Release", "inventory.Ship", "pricing.Redeem", "pricing.Unredeem", "cart.TakeItems",
		"payments.StartPayment", "payments.CancelPayment", "payments.CapturePayment", "payments.RefundPayment",
	},
	"the command line": {"accounts.OfferFirstAdmin"},
	"role operator": {
		"pricing.GetTariffs", "pricing.TryTariffs", "notifications.ListMails", "notifications.GetMail", "notifications.ResendMail", "accounts.ListAccounts",
		// make new-module adds methods above this line.
	},
	"role admin": {"settings.ChangeSettings", "pricing.ChangeTariffs", "pricing.ResetTariffs", "accounts.CreateAccount", "accounts.SetRole", "accounts.CreateKey", "accounts.ListKeys", "accounts.RevokeKey", "accounts.ListSigningKeys", "accounts.ReplaceSigningKey"},
}

// caller is one of those that every method is asked for as.
type caller struct {
	// as is the module, or edge, that calls.
	as string
	// behalf is on whose behalf; nil: nobody's.
	behalf *identity.Identity
	forged bool
}

func callers() map[string]caller {
	edge := func(who identity.Identity) caller { return caller{as: app.TargetEdge, behalf: &who} }
	all := map[string]caller{
		"nobody":           {as: app.TargetEdge},
		"customer A":       edge(identity.Identity{Subject: "a", Email: "ana@example.org", Roles: []string{"customer"}}),
		"customer B":       edge(identity.Identity{Subject: "b", Email: "ben@example.org", Roles: []string{"customer"}}),
		"operator":         edge(identity.Identity{Subject: "o", Roles: []string{"customer", identity.Operator}}),
		"admin":            edge(identity.Identity{Subject: "d", Roles: []string{"customer", identity.Operator, identity.Admin}}),
		"forger":           {as: app.TargetEdge, behalf: &identity.Identity{Subject: "d", Roles: []string{identity.Operator, identity.Admin}}, forged: true},
		"module orders":    {as: "orders"},
		"module cart":      {as: "cart"},
		"the command line": {as: certs.Operator},
	}
	for _, what := range []string{"orders", "products", "stock", "promotions", "webhooks"} {
		for _, scope := range []string{what + ":read", what + ":write"} {
			all["key "+scope] = edge(identity.Identity{Subject: "key:1", Scopes: []string{scope}})
		}
	}
	return all
}

// may tells whether a caller is one of those in a key of allowedTo.
func may(rule, who string) bool {
	if rule == "people who are logged in" {
		return slices.Contains([]string{"customer A", "customer B", "operator", "admin"}, who)
	}
	if rule == "anybody" || who == "the command line" {
		return true
	}
	if rule == "the command line" {
		return false
	}
	for _, each := range strings.Split(rule, ", ") {
		role, isRole := strings.CutPrefix(each, "role ")
		switch {
		case isRole && (who == role || who == "admin"):
			return true
		case !isRole && !strings.HasPrefix(each, "module ") && (who == "operator" || who == "admin" || who == "key "+each):
			return true
		case each == who:
			return true
		}
	}
	return false
}

// TestEveryMethodIsRefusedToThoseItIsNotFor asks for each method of each contract as each
// kind of caller, with an empty request: who is not refused is told what is wrong with it.
func TestEveryMethodIsRefusedToThoseItIsNotFor(t *testing.T) {
	rules := map[string]string{}
	for rule, methods := range allowedTo {
		for _, m := range methods {
			rules[m] = rule
		}
	}
	signer, forger := signerOf(t, "s"), signerOf(t, "f")
	world := vouchedBy(signer)
	moduletest.Local(t, world, route.ModeLocal, func(t *testing.T, connect moduletest.Connect) {
		for _, d := range world {
			for _, m := range d.Contract.Methods {
				name := d.Name + "." + m.MethodName
				rule, known := rules[name]
				if delete(rules, name); !known && takesSession(t, d, m.MethodName) {
					rule, known = "anybody", true
				}
				if !known {
					t.Errorf("%s: nobody said who may call it: let the method ask (platform/access), and add it to allowedTo here", name)
					continue
				}
				for _, who := range slices.Sorted(maps.Keys(callers())) {
					c := callers()[who]
					ctx := t.Context()
					if c.behalf != nil {
						by := signer
						if c.forged {
							by = forger
						}
						ctx = onBehalf(ctx, t, by, *c.behalf)
					}
					err := moduletest.Empty(ctx, t, connect(moduletest.As(c.as, d.Name)), "/"+d.Contract.ServiceName+"/"+m.MethodName)
					info, _ := contract.Info(err)
					refused := status.Code(err) == codes.PermissionDenied && info.GetReason() == "NOT_ALLOWED"
					if refused == may(rule, who) {
						t.Errorf("%s, which is for %s, called by %s: got %v", name, rule, who, err)
					}
				}
			}
		}
	})
	for name := range rules {
		t.Errorf("%s is in allowedTo, and in no contract", name)
	}
}

// takesSession tells whether a method is opened by the token of a session, which its
// request has: then it is about that person's own account.
func takesSession(t *testing.T, d module.Definition, method string) bool {
	t.Helper()
	s, err := contract.Service(d.Contract.ServiceName)
	if err != nil {
		t.Fatal(err)
	}
	return s.Methods().ByName(protoreflect.Name(method)).Input().Fields().ByName("session") != nil
}

// vouchedBy are the modules of the shop, which believe what signer signs, too.
func vouchedBy(signer *identity.Signer) moduletest.World {
	c := app.DefaultConfig()
	world := moduletest.World(app.Definitions(c.Modules))
	for i, d := range world {
		if d.Vouches {
			world[i].New = func(h module.Host) (*module.Instance, error) {
				instance, err := d.New(h)
				if err == nil {
					own := instance.Vouches
					instance.Vouches = func() []ed25519.PublicKey { return append(own(), signer.Public()) }
				}
				return instance, err
			}
		}
	}
	slices.Reverse(world) // a world starts with its last one
	return world
}

func signerOf(t *testing.T, seed string) *identity.Signer {
	t.Helper()
	s, err := identity.NewSigner([]byte(strings.Repeat(seed, ed25519.SeedSize)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func onBehalf(ctx context.Context, t *testing.T, by *identity.Signer, who identity.Identity) context.Context {
	t.Helper()
	who.Expires = time.Now().Add(time.Minute)
	statement, err := by.Sign(who)
	if err != nil {
		t.Fatal(err)
	}
	return identity.With(ctx, statement)
}
