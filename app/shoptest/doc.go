// Package shoptest opens whole shops for tests: real processes with the real
// command line, reached as people reach them, by HTTP.
//
//	shop := shoptest.Open(t, shoptest.Layout{Apart: shoptest.Modules})
//	ana := shop.Guest(t, "Ana")
//	ana.Adds(2, shoptest.Mug)
//	order := ana.Pays(shoptest.Visa)
//	shop.Books(t)
//
// The processes are the test binary, run again: its TestMain calls Main. So
// they have the race detector when the test has it, and nothing needs to be
// built first. Under make test those that are not Raced are a second test binary,
// without the detector, for that is most of what starting and killing them costs.
// They end with the test, however it ends.
//
// A process can be told to die by SIGKILL, or to wait, at a named point of the
// checkout; see Shop.DieAt and Shop.HoldAt.
//
// Whatever a test does to a shop, Shop.Books then tells whether everything
// that was acknowledged is true: orders, money, goods and mails.
package shoptest
