//go:build wireinject

package main

import (
	"github.com/google/wire"

	"galleria/app"
)

// assemble builds the object graph of one process. Nothing runs yet.
func assemble(start app.Start) (*app.App, error) {
	wire.Build(app.Providers, wire.FieldsOf(new(app.Start), "Config", "Version"))
	return nil, nil
}
