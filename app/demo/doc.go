// Package demo is the catalogue a new shop opens with: 64 products in eight
// categories, with a drawing each, all of it made for this project.
//
// The products are an import file like any other (CSV), so the demo enters the
// shop by the door every catalogue uses and keeps no second way in. Beside it
// are two things for catalogues that are not ours: Generate writes realistic
// ones of any size for tests and benchmarks, and Placeholder draws a picture
// for a file name that nobody holds.
//
// The package stores nothing, and knows of the shop's modules only how a promotion is
// written.
package demo
