// Package database gives a module its own database.
package database
