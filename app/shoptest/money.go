package shoptest

import (
	"database/sql"
	"path/filepath"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "github.com/mattn/go-sqlite3"
)

// account is one payment, in the books of payments or of the provider.
type account struct {
	status, reference  string
	captured, refunded int64
}

func (a account) kept() int64 { return a.captured - a.refunded }

// payments reads the books of the payments module, by order, and those of the
// provider, by reference. They are read from the database: a payment without an
// order is one that would not be asked for.
func (s *Shop) payments(t testing.TB) (byOrder map[string][]account, byReference map[string]account) {
	t.Helper()
	db := s.database(t, "payments")
	defer db.Close()
	byOrder, byReference = map[string][]account{}, map[string]account{}
	each(t, db, "SELECT order_id, status, id, captured_minor, refunded_minor FROM payments", func(order string, a account) {
		byOrder[order] = append(byOrder[order], a)
	})
	if s.layout.Stripe != nil {
		for reference, b := range s.layout.Stripe.Balances("galleria_payment") {
			byReference[reference] = account{b.Status, reference, b.Captured, b.Refunded}
		}
		return byOrder, byReference
	}
	each(t, db, `SELECT id, state, id, CASE WHEN state = 'paid' THEN amount_minor ELSE 0 END, refunded_minor FROM sandbox_sessions`,
		func(reference string, a account) { byReference[reference] = a })
	return byOrder, byReference
}

// database opens the database of a module, to read.
func (s *Shop) database(t testing.TB, module string) *sql.DB {
	t.Helper()
	driver, source := "sqlite3", "file:"+filepath.Join(s.Data(), module+".db")+"?mode=ro"
	if dsn := s.dsn[module]; dsn != "" {
		driver, source = "pgx", dsn
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func each(t testing.TB, db *sql.DB, query string, do func(key string, a account)) {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var a account
		if err := rows.Scan(&key, &a.status, &a.reference, &a.captured, &a.refunded); err != nil {
			t.Fatal(err)
		}
		do(key, a)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
