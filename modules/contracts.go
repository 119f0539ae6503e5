// Package modules holds the sources of all contracts, for people who want to read one
// where its module runs: what the compiler makes of them has no comments.
package modules

import "embed"

// Contracts are the .proto files of all modules, by their paths below this folder.
//
//go:embed */v1/*.proto
var Contracts embed.FS
