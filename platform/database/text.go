package database

import (
	"database/sql/driver"
	"reflect"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"galleria/platform/plaintext"
)

// ErrText is that a value is text which no database here stores or looks for:
// PostgreSQL refuses it, SQLite would take it. Nothing was done. What a caller
// brought is the caller's mistake, so it is a status of its own, unlike other
// errors of the database.
var ErrText error = textError{}

type textError struct{}

func (textError) Error() string { return "database: a text is not UTF-8, or has a NUL character" }

// GRPCStatus is what the caller of a module is told.
func (textError) GRPCStatus() *status.Status {
	return status.New(codes.InvalidArgument, "a text is not UTF-8, or has a NUL character")
}

// checkTexts puts a value that fails in the place of a text that can't be stored,
// so that the statement fails before the database sees it, in every way to run one.
func checkTexts(args []any) []any {
	for i, arg := range args {
		if storable(arg) {
			continue
		}
		args = slices.Clone(args)
		args[i] = refusedText{}
		return args
	}
	return args
}

func storable(arg any) bool {
	text, plain := arg.(string)
	if !plain {
		v := reflect.ValueOf(arg)
		if v.Kind() == reflect.Pointer {
			v = v.Elem()
		}
		if v.Kind() != reflect.String {
			return true
		}
		text = v.String()
	}
	return plaintext.Is(text)
}

type refusedText struct{}

func (refusedText) Value() (driver.Value, error) { return nil, ErrText }
