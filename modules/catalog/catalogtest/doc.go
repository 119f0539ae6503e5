// Package catalogtest is the catalog's contract suite, and a fake catalog for
// the tests of modules that need one.
//
// A world with a fake, filled through the contract:
//
//	var worlds = moduletest.Worlds{"cart": {cartDefinition, catalogtest.Definition()}}
//	…
//	catalog.UpsertProducts(ctx, &catalogv1.UpsertProductsRequest{Products: []*catalogv1.Product{catalogtest.Product("MUG")}})
package catalogtest
