package rules

import (
	"path"
	"slices"
	"strings"
	"testing"
)

func TestRuleImports(t *testing.T) {
	used := map[exception]bool{}
	for _, f := range goFiles(files(t)) {
		imports := f.imports(t)
		for _, imported := range imports {
			if reason := forbidden(f.path, imported, imports, used); reason != "" {
				t.Errorf("%s imports %s: %s", f.path, imported, reason)
			}
		}
	}
	for e := range exceptions {
		if !used[e] {
			t.Errorf("the exception for %s to import %s is no longer needed: take it out", e.dir, e.kind)
		}
	}
}

// exception lets one package import a kind of technology its place forbids.
type exception struct{ dir, kind string }

// exceptions have their reasons.
var exceptions = map[exception]string{
	{"modules/payments/internal/request", "proto"}:   "conversions that the service and the fake share",
	{"modules/payments/internal/sandbox", "gorm"}:    "a provider played inside the database: a store of its own, which shares no transaction with the other",
	{"modules/payments/internal/stripe", "http"}:     "a client of a provider's web API",
	{"modules/payments/stripetest", "http"}:          "that web API and its pages, for tests",
	{"modules/notifications/internal/page", "proto"}: "conversions that the service and the fake share",
	{"modules/webhooks/internal/message", "proto"}:   "conversions of others' events into what is sent, a format of its own that is promised to programs",
	{"modules/webhooks/internal/send", "http"}:       "a client of programs of others",
	{"modules/webhooks/webhookstest", "http"}:        "such a program, for tests",
}

// forbidden says why a file may not import a package; "" when it may. all is
// everything the file imports. Exceptions it makes are noted in used.
func forbidden(name, imported string, all []string, used map[exception]bool) string {
	if (imported == "testing" || within(imported, "galleria/platform") && strings.HasSuffix(imported, "test")) && !forTests(name) {
		return "what serves customers does not carry the tools of tests; those stand in _test.go files and in packages named …test"
	}
	dir := path.Dir(name)
	folder, rest, _ := strings.Cut(name, "/")
	switch folder {
	case "platform":
		return forbiddenToPlatform(imported)
	case "migrations":
		if ours(imported) {
			return "migrations are SQL; what runs them imports them"
		}
	case "app":
		return forbiddenToApp(rest, imported)
	case "modules":
		module, _, _ := strings.Cut(rest, "/")
		if reason := forbiddenToModule(module, name, imported); reason != "" {
			return reason
		}
		return forbiddenTechnology(module, dir, name, imported, all, used)
	}
	return ""
}

func forbiddenToPlatform(imported string) string {
	for _, above := range []string{"galleria/modules", "galleria/app", "galleria/migrations"} {
		if within(imported, above) {
			return "the platform knows nothing of the business, in its tests neither: it could be lifted into another product as it is"
		}
	}
	return ""
}

func forbiddenToApp(rest, imported string) string {
	module, inside, isModule := moduleOf(imported)
	part, _, inPart := strings.Cut(rest, "/")
	switch {
	case isModule && strings.HasPrefix(inside, "internal"):
		return "a module's inside is its own; the contract is what others may import"
	case isModule && inside == "" && inPart && !forTests("app/"+rest):
		return "app/" + part + " speaks to " + module + " through its contract: the module may be in another process; only the table of modules makes modules"
	case technology(imported) == "gorm" && !forTests("app/"+rest):
		return "the app owns no tables; data belongs to a module"
	}
	return ""
}

func forbiddenToModule(module, name, imported string) string {
	inTest := forTests(name)
	if within(imported, "galleria/app") {
		return "a module knows nothing of the process it runs in: it must be able to move to another one"
	}
	if within(imported, "galleria/migrations") && !inTest {
		return "a module is given its database open and migrated"
	}
	other, inside, isModule := moduleOf(imported)
	switch {
	case !isModule || other == module:
		return ""
	case inside == "v1":
		return ""
	case inside == other+"test" && inTest:
		return ""
	case inside == other+"test":
		return "another module's suite and fake are for tests"
	}
	return "of another module only the contract may be imported, galleria/modules/" + other + "/v1: anything else would not survive " + other + " moving to another process"
}

// forbiddenTechnology keeps each technology of a module in its layer.
func forbiddenTechnology(module, dir, name, imported string, all []string, used map[exception]bool) string {
	kind := technology(imported)
	if kind == "" || strings.HasSuffix(name, "_test.go") {
		return ""
	}
	layer, inner := strings.CutPrefix(dir, "modules/"+module+"/internal/")
	if kind == "gorm" && slices.Contains(all, "galleria/platform/events") {
		return "" // handlers of events run inside the transaction they are given, and publishers in the one they write
	}
	if slices.Contains(layers[kind], layer) || !inner && kind == "proto" {
		return ""
	}
	if e := (exception{dir, kind}); exceptions[e] != "" {
		used[e] = true
		return ""
	}
	return map[string]string{
		"proto": "the domain does not know how it is called; internal/service converts",
		"gorm":  "internal/store is the only place that knows the database",
		"http":  "a module is called by gRPC; pages and REST are the edge's",
	}[kind]
}

// layers are the folders inside a module's internal/ for a technology.
var layers = map[string][]string{
	"proto": {"service", "store"}, // a store appends events
	"gorm":  {"store"},
}

// technology is the kind of thing a package is that the domain is kept free of.
func technology(imported string) string {
	_, inside, isModule := moduleOf(imported)
	switch {
	case isModule && inside == "v1", within(imported, "google.golang.org/protobuf"), within(imported, "google.golang.org/grpc"),
		within(imported, "galleria/platform/contract"):
		return "proto"
	case within(imported, "gorm.io"), within(imported, "database/sql"), within(imported, "github.com/jackc/pgx"), within(imported, "github.com/mattn/go-sqlite3"):
		return "gorm"
	case within(imported, "net/http"), within(imported, "github.com/labstack/echo"), within(imported, "github.com/a-h/templ"):
		return "http"
	}
	return ""
}

// forTests tells whether a file is a test, in a package that serves tests, or
// of the program that measures.
func forTests(name string) bool {
	return strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "app/bench/") || strings.HasSuffix(path.Dir(name), "test")
}

// moduleOf splits galleria/modules/orders/v1 into orders and v1.
func moduleOf(imported string) (module, inside string, ok bool) {
	rest, ok := strings.CutPrefix(imported, "galleria/modules/")
	module, inside, _ = strings.Cut(rest, "/")
	return module, inside, ok
}

func ours(imported string) bool { return within(imported, "galleria") }

// within tells whether a package is another one or below it.
func within(imported, parent string) bool {
	return imported == parent || strings.HasPrefix(imported, parent+"/")
}

func TestRuleImportsSeesOffenders(t *testing.T) {
	for _, test := range []struct {
		file, imports string
		with          []string // what else the file imports
		allowed       bool
	}{
		{file: "modules/orders/internal/service/place.go", imports: "galleria/modules/cart/v1", allowed: true},
		{file: "modules/orders/internal/service/place.go", imports: "galleria/modules/cart"},
		{file: "modules/orders/internal/service/place.go", imports: "galleria/modules/cart/carttest"},
		{file: "modules/orders/internal/service/place.go", imports: "galleria/app"},
		{file: "modules/orders/internal/service/place.go", imports: "galleria/migrations"},
		{file: "modules/orders/internal/service/place.go", imports: "galleria/platform/database/databasetest"},
		{file: "modules/orders/internal/service/place.go", imports: "gorm.io/gorm"},
		{file: "modules/orders/internal/service/place.go", imports: "gorm.io/gorm", with: []string{"galleria/platform/events"}, allowed: true},
		{file: "modules/orders/internal/service/place.go", imports: "net/http"},
		{file: "modules/orders/internal/service/place.go", imports: "testing"},
		{file: "modules/orders/internal/service/place_test.go", imports: "galleria/modules/cart/carttest", allowed: true},
		{file: "modules/orders/internal/service/place_test.go", imports: "galleria/modules/cart"},
		{file: "modules/orders/contract_test.go", imports: "galleria/migrations", allowed: true},
		{file: "modules/orders/contract_test.go", imports: "galleria/app"},
		{file: "modules/orders/orderstest/shop.go", imports: "galleria/modules/cart/carttest", allowed: true},
		{file: "modules/orders/orderstest/shop.go", imports: "galleria/platform/module/moduletest", allowed: true},
		{file: "modules/orders/internal/order/order.go", imports: "galleria/platform/money", allowed: true},
		{file: "modules/orders/internal/order/order.go", imports: "galleria/modules/orders/v1"},
		{file: "modules/orders/internal/order/order.go", imports: "google.golang.org/grpc/codes"},
		{file: "modules/orders/internal/order/order.go", imports: "galleria/platform/contract"},
		{file: "modules/orders/internal/order/order.go", imports: "gorm.io/gorm"},
		{file: "modules/orders/internal/order/order.go", imports: "database/sql"},
		{file: "modules/orders/internal/order/order.go", imports: "net/http"},
		{file: "modules/orders/internal/store/store.go", imports: "gorm.io/gorm", allowed: true},
		{file: "modules/orders/module.go", imports: "gorm.io/gorm"},
		{file: "modules/orders/module.go", imports: "galleria/modules/cart/v1", allowed: true},
		{file: "platform/route/route.go", imports: "galleria/modules/orders/v1"},
		{file: "platform/route/route_test.go", imports: "galleria/modules/orders/v1"},
		{file: "platform/route/route_test.go", imports: "galleria/app"},
		{file: "platform/route/route.go", imports: "galleria/platform/contract", allowed: true},
		{file: "app/modules.go", imports: "galleria/modules/orders", allowed: true},
		{file: "app/storefront/home.go", imports: "galleria/modules/orders/v1", allowed: true},
		{file: "app/storefront/home.go", imports: "galleria/modules/orders"},
		{file: "app/storefront/home.go", imports: "gorm.io/gorm"},
		{file: "migrations/migrations.go", imports: "galleria/platform/database"},
	} {
		reason := forbidden(test.file, test.imports, append(test.with, test.imports), map[exception]bool{})
		if (reason == "") != test.allowed {
			t.Errorf("%s importing %s beside %v: got reason %q, want allowed: %v", test.file, test.imports, test.with, reason, test.allowed)
		}
	}
}
