// Package order is what an order is: its states, the ways between them, who
// is driving it on just now, and what a guest must give for it.
package order
