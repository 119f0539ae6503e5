package database

import (
	"context"
	"fmt"
)

// Size is how large a database is.
type Size struct {
	// Bytes is what its tables and indexes take on disk.
	Bytes int64
	// Schema is the number of the last migration of the module's tables; 0: it has
	// none.
	Schema int64
}

var sizeQueries = map[string]string{
	"sqlite":   "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
	"postgres": "SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'",
}

// Size asks the database how large it is.
func (d *DB) Size(ctx context.Context) (s Size, err error) {
	db := d.Read(ctx)
	if err := db.Raw(sizeQueries[d.Dialect()]).Row().Scan(&s.Bytes); err != nil {
		return s, fmt.Errorf("ask how large the database of %s is: %w", d.options.Module, err)
	}
	if d.options.Migrations == nil {
		return s, nil
	}
	// A module's name is checked when the database is opened: it is safe in a query.
	if err := db.Raw("SELECT COALESCE(MAX(version_id), 0) FROM " + d.options.Module + "_version").Row().Scan(&s.Schema); err != nil {
		return s, fmt.Errorf("ask which migrations the database of %s has had: %w", d.options.Module, err)
	}
	return s, nil
}
