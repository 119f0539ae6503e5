package cli_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestProductsAreListedWithdrawnAndDeleted(t *testing.T) {
	t.Chdir(t.TempDir())
	closed := []string{"--rpc", "127.0.0.1:1"}
	file := "product,sku,name,category,price,currency,stock,options\n" +
		"shirt,SHIRT-S,Shirt,clothes,49,EUR,1,Size=S\nshirt,SHIRT-M,Shirt,clothes,49,EUR,1,Size=M\n,MUG,Mug,kitchen,9,EUR,1,\n"
	if err := os.WriteFile("products.csv", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	do := func(wantCode int, args ...string) (stdout, stderr string) {
		t.Helper()
		code, stdout, stderr := run(t, nil, append(args, closed...)...)
		if code != wantCode {
			t.Fatalf("%v: exit %d, %q, want %d", args, code, stderr, wantCode)
		}
		return stdout, stderr
	}
	do(0, "import", "products", "products.csv")
	list := func() (slugs []string) {
		t.Helper()
		out, _ := do(0, "products", "list", "--json")
		var rows []struct{ Slug string }
		if err := json.Unmarshal([]byte(out), &rows); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		for _, r := range rows {
			slugs = append(slugs, r.Slug)
		}
		return slugs
	}
	if got := strings.Join(list(), " "); got != "mug shirt" {
		t.Errorf("list: got %q, want mug and shirt", got)
	}
	if out, _ := do(0, "products", "withdraw", "SHIRT-M", "shirt"); out != "1 withdrawn\n" {
		t.Errorf("withdraw: got %q, want the one product both name", out)
	}
	if out, _ := do(0, "products", "withdraw", "shirt", "--json"); out != "{\n  \"withdrawn\": 0\n}\n" {
		t.Errorf("withdraw again: got %q, want an object that says 0", out)
	}
	if out, _ := do(0, "products", "show", "shirt"); !strings.Contains(out, "SHIRT-M") || !strings.Contains(out, "49.00 EUR") || strings.Contains(out, "yes") {
		t.Errorf("show: got %q, want both variants, not active", out)
	}
	if _, said := do(1, "products", "delete", "shirt", "none"); !strings.Contains(said, "no product none") {
		t.Errorf("delete of one that is not there: got %q, want its name", said)
	}
	if out, _ := do(0, "products", "delete", "shirt", "--json"); out != "{\n  \"deleted\": 1\n}\n" {
		t.Errorf("delete: got %q, want an object that says 1", out)
	}
	do(1, "products", "show", "SHIRT-S")
	if got := strings.Join(list(), " "); got != "mug" {
		t.Errorf("list: got %q, want mug", got)
	}
}
