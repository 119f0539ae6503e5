// Package notificationstest holds the contract suite of notifications, the module as
// other modules' tests use it, and a publisher that stands in for orders and makes the
// events notifications hears.
package notificationstest
