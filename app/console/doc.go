// Package console is the house as its staff see it, at /console on the edge of the main
// process: the floor plan, a page for each room, and what waits for an operator.
//
// It draws what app/floorplan builds of what all processes measured. Pages are rendered
// here; a script of ours asks for them again when something was measured, and without it
// they load again by themselves. A page shows the same to all staff, and what it can do
// is done by the contracts of the modules and of the process.
//
// Nobody sees it without a session of an operator or administrator, whose second factor
// was given when the account has one; an administrator must have one. Without a Staff to
// ask, there is no console: it answers 404. It runs in the main process only: others may
// not ask for what processes measured.
//
// What is asked of the processes while nobody looks is little: one look in a quarter of
// a minute, so that rates are there when somebody comes.
package console
