// Package app is what this binary is: the table of modules, the configuration,
// and the assembly of platform, modules and edge into one process.
package app
