// Package carttest is the cart's contract suite, and a cart for the tests of
// modules that need one.
//
// A world with fakes, the cart's catalog among them:
//
//	moduletest.Worlds{"orders": {ordersDefinition, catalogtest.Definition(), carttest.Definition()}}
package carttest
