// Package order is one order and its life, in memory: what it is made of, what
// may happen to it, and what follows for its payment and its delivery.
package order
