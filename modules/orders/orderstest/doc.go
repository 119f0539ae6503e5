// Package orderstest holds the contract suite of orders, and a fake that
// passes it, for the tests of those who sell.
package orderstest
