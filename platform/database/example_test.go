package database_test

import (
	"context"
	"fmt"
	"os"

	"gorm.io/gorm"

	"galleria/platform/database"
)

// Taking the last ones of something: the condition is in the statement, and
// the rows it changed tell whether it held.
func Example() {
	dir, _ := os.MkdirTemp("", "example")
	defer os.RemoveAll(dir)
	ctx := context.Background()
	db, err := database.Open(ctx, database.Options{Module: "notes", Dir: dir, Migrations: notes})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close(ctx)

	take := func(n int) error {
		return db.Write(ctx, func(tx *gorm.DB) error {
			result := tx.Exec("UPDATE notes SET amount = amount - ? WHERE id = 'mug' AND amount >= ?", n, n)
			if result.Error == nil && result.RowsAffected == 0 {
				return fmt.Errorf("fewer than %d left", n)
			}
			return result.Error
		})
	}
	fmt.Println(db.Write(ctx, insert("mug")))
	fmt.Println(take(1))
	fmt.Println(take(1))
	// Output:
	// <nil>
	// <nil>
	// fewer than 1 left
}
