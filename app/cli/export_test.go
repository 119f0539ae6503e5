package cli_test

import (
	"os"
	"strings"
	"testing"
)

func TestProductsAreExportedIntoAFileOrTheStandardOutput(t *testing.T) {
	t.Chdir(t.TempDir())
	closed := []string{"--rpc", "127.0.0.1:1"}
	do := func(wantCode int, args ...string) (stdout, stderr string) {
		t.Helper()
		code, stdout, stderr := run(t, nil, append(args, closed...)...)
		if code != wantCode {
			t.Fatalf("%v: exit %d, %q, want %d", args, code, stderr, wantCode)
		}
		return stdout, stderr
	}
	file := "product,sku,name,category,price,currency,stock,options\n" +
		"shirt,SHIRT-S,\"Shirt; \"\"S\"\"\",clothes,49,EUR,1,Size=S\nshirt,SHIRT-M,Shirt,clothes,49,EUR,1,Size=M\n,MUG,Кружка,kitchen,9,USD,1,\n"
	if err := os.WriteFile("products.csv", []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	do(0, "import", "products", "products.csv")
	do(0, "products", "withdraw", "shirt")
	if said, _ := do(0, "export", "products", "export.csv"); said != "export.csv: 2 products with 3 variants\n" {
		t.Errorf("got %q, want how many were written", said)
	}
	written, err := os.ReadFile("export.csv")
	if err != nil {
		t.Fatal(err)
	}
	out, said := do(0, "export", "products")
	if out != string(written) || said != "2 products with 3 variants\n" {
		t.Errorf("standard output: got %q and %q, want what is in the file: %q", out, said, written)
	}
	if said, _ := do(0, "import", "products", "export.csv"); said != "3 rows: 0 new, 0 changed, 3 unchanged, 0 left out\n" {
		t.Errorf("import of the export: got %q, want nothing changed", said)
	}
	if _, said := do(1, "export", "products", "."); !strings.Contains(said, ". is not a plain file") {
		t.Errorf("export into a directory: got %q, want a reason", said)
	}
}
