// Package notificationstest holds the contract suite of notifications, a fake
// that passes it, and a publisher that stands in for orders and makes the
// events notifications hears.
package notificationstest
