package database

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/mattn/go-sqlite3"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// statementLog hands gorm's log to slog: failed and slow statements only, and
// never the values in them, which may be a person's address.
type statementLog struct {
	log  *slog.Logger
	slow time.Duration
}

func (l statementLog) LogMode(logger.LogLevel) logger.Interface { return l }

func (l statementLog) Info(context.Context, string, ...any) {}

func (l statementLog) Warn(ctx context.Context, format string, args ...any) {
	l.log.WarnContext(ctx, "gorm: "+fmt.Sprintf(format, args...))
}

func (l statementLog) Error(ctx context.Context, format string, args ...any) {
	l.log.ErrorContext(ctx, "gorm: "+fmt.Sprintf(format, args...))
}

// ParamsFilter leaves the placeholders in the statement.
func (l statementLog) ParamsFilter(_ context.Context, query string, _ ...any) (string, []any) {
	return query, nil
}

// keepValuesOut does the same for gorm's Scan, which records the statement on a
// logger of its own. That has a filter for the whole program.
var keepValuesOut = sync.OnceFunc(func() { logger.RecorderParamsFilter = statementLog{}.ParamsFilter })

func (l statementLog) Trace(ctx context.Context, begin time.Time, statement func() (string, int64), err error) {
	took := time.Since(begin)
	switch {
	case err != nil && !expected(err):
		query, _ := statement()
		l.log.ErrorContext(ctx, "statement failed", "sql", shortly(query), "error", withoutValues(err), "took", took)
	case took >= l.slow:
		query, rows := statement()
		l.log.WarnContext(ctx, "slow statement", "sql", shortly(query), "rows", rows, "took", took)
	}
}

var dollars = regexp.MustCompile(`\$(\d+)\$`)

// placeholders undoes what gorm does to PostgreSQL's when it has no values for
// them: it leaves $1$ where $1 was.
func placeholders(query string) string { return dollars.ReplaceAllString(query, "$$$1") }

// longestStatement is how much of a statement is logged, in bytes: one with many rows
// has a placeholder for each value.
const longestStatement = 500

// shortly is a statement as a line of a log has it.
func shortly(query string) string {
	text := strings.Join(strings.Fields(placeholders(query)), " ")
	if len(text) <= longestStatement {
		return text
	}
	return fmt.Sprintf("%s… (%d bytes)", strings.ToValidUTF8(text[:longestStatement], ""), len(text))
}

// expected errors are part of normal working and reported to the caller only.
func expected(err error) bool {
	return errors.Is(err, gorm.ErrRecordNotFound) || errors.Is(err, sql.ErrNoRows) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || isConflict(err)
}

// ofStore are errors about a store as a whole, which hold no values.
var ofStore = []error{ErrPutBack, ErrFenced, ErrSealed}

// withoutValues describes err without the values of the statement: PostgreSQL
// and database/sql quote them in some messages, SQLite does not.
func withoutValues(err error) string {
	if slices.ContainsFunc(ofStore, func(known error) bool { return errors.Is(err, known) }) {
		return err.Error()
	}
	var lite sqlite3.Error
	if errors.As(err, &lite) {
		return lite.Error()
	}
	var pg *pgconn.PgError
	switch {
	case errors.As(err, &pg) && isOfStore(err): // its message is about no values
		return fmt.Sprintf("%s (SQLSTATE %s)", pg.Message, pg.Code)
	case pg != nil:
		return fmt.Sprintf("SQLSTATE %s table=%q column=%q constraint=%q", pg.Code, pg.TableName, pg.ColumnName, pg.ConstraintName)
	}
	return fmt.Sprintf("%T", err)
}
