package cli_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
)

func TestCategoriesAreNamedWithdrawnAndDeleted(t *testing.T) {
	t.Chdir(t.TempDir())
	file := "sku,name,category,price,currency\nMUG,Mug,kitchen,9,EUR\nROSE,Rose,garden,5,EUR\n"
	if err := os.WriteFile("products.csv", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	do := func(wantCode int, args ...string) (stdout, stderr string) {
		t.Helper()
		code, stdout, stderr := run(t, nil, append(args, "--rpc", "127.0.0.1:1")...)
		if code != wantCode {
			t.Fatalf("%v: exit %d, %q, want %d", args, code, stderr, wantCode)
		}
		return stdout, stderr
	}
	do(0, "import", "products", "products.csv")
	type category struct {
		Slug, Name, Intro string
		Position          int
		Withdrawn         bool
		Products          int `json:"product_count"`
	}
	wantList := func(want ...category) {
		t.Helper()
		out, _ := do(0, "categories", "list", "--json")
		var got []category
		if err := json.Unmarshal([]byte(out), &got); err != nil || len(got) != len(want) {
			t.Fatalf("list: got %q, %v, want %+v", out, err, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("category %d: got %+v, want %+v", i, got[i], want[i])
			}
		}
	}
	garden := category{Slug: "garden", Name: "Garden", Position: 1000, Products: 1}
	kitchen := category{Slug: "kitchen", Name: "Kitchen & Table", Intro: "Cook.", Position: 1, Products: 1}
	do(0, "categories", "set", "kitchen", "--name", "Kitchen & Table", "--intro", "Cook.", "--position", "1")
	wantList(kitchen, garden)
	if out, _ := do(0, "categories", "withdraw", "kitchen", "garden", "garden"); out != "2 withdrawn\n" {
		t.Errorf("withdraw: got %q, want 2", out)
	}
	do(0, "import", "products", "products.csv") // leaves them withdrawn
	if out, _ := do(0, "categories", "restore", "garden", "--json"); out != "{\n  \"restored\": 1\n}\n" {
		t.Errorf("restore: got %q, want an object that says 1", out)
	}
	do(0, "categories", "set", "kitchen", "--intro", "") // changes nothing else
	kitchen.Withdrawn, kitchen.Intro = true, ""
	wantList(kitchen, garden)

	do(0, "products", "withdraw", "ROSE")
	if out, _ := do(0, "products", "list"); !strings.Contains(out, "mug") || strings.Contains(out, "rose") {
		t.Errorf("products: got %q, want the mug of the withdrawn category", out)
	}
	if _, said := do(1, "categories", "delete", "garden"); !strings.Contains(said, "has 1 products") || !strings.Contains(said, "products list --all --category garden") {
		t.Errorf("delete of one that has products: got %q, want how to find them", said)
	}
	for slug, want := range map[string]string{"garden": "rose", "kitchen": "mug"} {
		if out, _ := do(0, "products", "list", "--all", "--category", slug); !strings.Contains(out, want) || strings.Count(out, "\n") != 2 {
			t.Errorf("all products of %s: got %q, want the %s", slug, out, want)
		}
	}
	do(0, "products", "delete", "rose")
	if _, said := do(1, "categories", "delete", "garden", "none"); !strings.Contains(said, "no category none; nothing was done") {
		t.Errorf("delete of one that is not there: got %q, want its slug", said)
	}
	do(0, "categories", "delete", "garden")
	if _, said := do(1, "categories", "set", "books", "--position", "2"); !strings.Contains(said, "--name") {
		t.Errorf("a new one without a name: got %q, want what is missing", said)
	}
	do(0, "categories", "set", "books", "--name", "Books")
	do(2, "categories", "set", "books")
	wantList(kitchen, category{Slug: "books", Name: "Books", Position: 1000})
}
