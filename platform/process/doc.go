// Package process is one process of an installation: it runs some of the
// modules, reaches the others, and lets other processes reach its own.
//
// Where a module is served is its placement, and placements change while the
// process runs:
//
//	local  → remote   shake hands; point the route there; drain; stop the module
//	remote → local    start the module; point the route here; drain; hang up
//	remote → remote   shake hands; point the route there; drain; hang up
//
// New calls go to the new place, calls in flight finish where they began. A
// handshake that fails changes nothing. At start-up, when there is no old
// place to stay at, it is tried again until it succeeds, and calls fail with
// Unavailable meanwhile.
//
// The handshake compares what matters before the first call is sent: the
// module, the contract (by descriptor, in the directions this caller needs),
// and the id of the store behind it, which is pinned in the data directory the
// first time it is seen. So no module is pointed at an empty database by
// mistake.
//
// A process with a peer joins it: it says who it is, and learns where the modules
// are that it does not run, follows when they move, and knows the other processes
// (registry). Modules that were placed by Start or Apply stay where they were put.
// It reaches the event broker through the peer, unless the installation has an
// external one, which each process is told of in its own configuration. Any process
// of an installation can be the peer: one without a broker of its own passes the
// connection on.
//
// Every process passes on calls for modules it does not run itself, so that
// one which has not heard of a move yet is answered too. The callee sees the
// first caller, whom the certificate of the process in between must entitle
// it to speak for; so processes that others learn from read the authority.
//
// A handshake looks at who serves a module when its route is pointed there, and
// again when another process answers at the address.
package process
