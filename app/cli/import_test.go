package cli_test

import (
	"os"
	"strings"
	"testing"
)

func TestADeliveryFileThatIsMendedIsTakenInOnce(t *testing.T) {
	t.Chdir(t.TempDir())
	do := func(wantCode int, file string, args ...string) (stdout, stderr string) {
		t.Helper()
		if err := os.WriteFile("delivered.csv", []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		code, stdout, stderr := run(t, nil, append(args, "--rpc", "127.0.0.1:1")...)
		if code != wantCode {
			t.Fatalf("%v: exit %d, %q, want %d", args, code, stderr, wantCode)
		}
		return stdout, stderr
	}
	stock := func(want string) {
		t.Helper()
		sku, _, _ := strings.Cut(want, " ")
		if shown, _ := do(0, "", "stock", "show", sku); !strings.Contains(strings.Join(strings.Fields(shown), " "), want) {
			t.Errorf("got %q, want %q", shown, want)
		}
	}
	const good, typo = "sku,stock\nMUG,5\nJAR,6\n", "sku,stock\nMUG,5\nJAR,6x\n"
	do(0, "sku,name,category,price,currency,stock\nMUG,Mug,kitchen,9,EUR,1\nJAR,Jar,kitchen,9,EUR,1\n", "import", "products", "delivered.csv")
	for _, dry := range [][]string{{"--dry-run"}, nil} {
		if _, said := do(1, typo, append([]string{"import", "products", "delivered.csv", "--stock", "add"}, dry...)...); !strings.Contains(said, "no stock was taken in: mend the file") {
			t.Errorf("a typo, %v: got %q, want that no stock was taken in", dry, said)
		}
		stock("MUG main 1 0 1")
	}
	if _, said := do(2, good, "import", "products", "delivered.csv", "--delivery", "4711"); !strings.Contains(said, "--delivery names what --stock add takes in") {
		t.Errorf("a delivery that is none: got %q", said)
	}
	if _, said := do(2, good, "import", "products", "delivered.csv", "--currency", "XXX"); !strings.Contains(said, "no currency of ISO 4217") {
		t.Errorf("a currency that is none: got %q", said)
	}
	do(0, good, "import", "products", "delivered.csv", "--stock", "add")
	do(0, good, "import", "products", "delivered.csv", "--stock", "add")
	stock("MUG main 6 0 6")
	// What inventory refuses is found when other rows were taken in, so the file has to
	// come again as the same delivery.
	_, said := do(1, "sku,stock,stock at b@d\nMUG,5,\nJAR,,6\n", "import", "products", "delivered.csv", "--stock", "add")
	_, name, named := strings.Cut(said, "--delivery ")
	if name, _, _ = strings.Cut(name, ","); !named {
		t.Fatalf("stock that is refused: got %q, want the name of the delivery", said)
	}
	for range 2 {
		do(0, good, "import", "products", "delivered.csv", "--stock", "add", "--delivery", name)
		stock("MUG main 11 0 11")
		stock("JAR main 13 0 13")
	}
}
