package cli_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestStockOfAnUnknownSKUIsAnErrorForProgramsToo(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, format := range [][]string{nil, {"--json"}} {
		code, stdout, stderr := run(t, nil, append([]string{"stock", "show", "TYPO", "--rpc", "127.0.0.1:1"}, format...)...)
		if code != 1 || stdout != "" || !strings.Contains(stderr, "knows no stock of TYPO") {
			t.Errorf("%v: exit %d, %q, %q; want 1 and why", format, code, stdout, stderr)
		}
	}
}

func TestADeliveryOfManyProductsIsReceived(t *testing.T) {
	t.Chdir(t.TempDir())
	var file strings.Builder
	file.WriteString("sku,name,category,price,currency\n")
	receive := []string{"stock", "receive", "--rpc", "127.0.0.1:1"}
	for n := range 500 { // as many as inventory takes in at once
		fmt.Fprintf(&file, "MUG-%d,Mug,kitchen,1,EUR\n", n)
		receive = append(receive, fmt.Sprintf("MUG-%d=2", n))
	}
	if err := os.WriteFile("products.csv", []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, command := range [][]string{{"import", "products", "products.csv", "--rpc", "127.0.0.1:1"}, receive} {
		if code, _, stderr := run(t, nil, command...); code != 0 {
			t.Fatalf("%s: exit %d, %q", command[0], code, stderr)
		}
	}
	received := func() {
		t.Helper()
		code, stdout, stderr := run(t, nil, "stock", "show", "MUG-0", "MUG-250", "MUG-499", "--json", "--rpc", "127.0.0.1:1")
		if code != 0 || strings.Count(stdout, `"on_hand": 2,`) != 3 {
			t.Errorf("exit %d, %q, %q; want 2 pieces of each", code, stdout, stderr)
		}
	}
	received()
	if code, _, stderr := run(t, nil, append(receive[:503:503], "TYPO=1")...); code != 1 || !strings.Contains(stderr, "no product with the sku TYPO") {
		t.Errorf("with a typo: exit %d, %q; want 1 and the sku", code, stderr)
	}
	received()
}

func TestAProgramReadsWhatWasReceived(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("products.csv", []byte("sku,name,category,price,currency\nMUG,Mug,kitchen,1,EUR\nCUP,Cup,kitchen,1,EUR\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := run(t, nil, "import", "products", "products.csv", "--rpc", "127.0.0.1:1"); code != 0 {
		t.Fatalf("import: exit %d, %q", code, stderr)
	}
	for _, want := range []string{
		`{"key":"d1","received":5,"repeated":false}`,
		`{"key":"d1","received":0,"repeated":true}`,
	} {
		code, stdout, stderr := run(t, nil, "stock", "receive", "MUG=2", "CUP=3", "--key", "d1", "--json", "--rpc", "127.0.0.1:1")
		var got bytes.Buffer
		if err := json.Compact(&got, []byte(stdout)); code != 0 || err != nil || strings.TrimSpace(got.String()) != want {
			t.Errorf("exit %d, %q, %q; want %s", code, stdout, stderr, want)
		}
	}
}
