// Package moduletest runs a module's contract suite over the module in every
// mode: in this process, through a gRPC loopback, in a process of its own, and
// on PostgreSQL.
//
// A world is the module under test and stand-ins for what it needs:
//
//	var worlds = moduletest.Worlds{"letters": {definition, addressestest.Definition()}}
//
//	func TestMain(m *testing.M) { moduletest.Main(m, worlds) }
//
//	func TestContract(t *testing.T) {
//		moduletest.Run(t, "letters", func(t *testing.T, connect moduletest.Connect) {
//			letterstest.Run(t, letterstest.World{
//				Letters:   lettersv1.NewLettersServiceClient(connect("letters")),
//				Addresses: addressesv1.NewAddressesServiceClient(connect("addresses")),
//			})
//		})
//	}
//
// Every world has an event broker, so modules hear what the others publish; a
// stand-in publishes like any module, with events.Append in a database of
// its own.
//
// The suite runs once per mode against one world, so its cases use names, ids
// and keys of their own.
package moduletest
