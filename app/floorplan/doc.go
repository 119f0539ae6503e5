// Package floorplan draws the house: which modules there are, where each runs, who
// calls whom, and what is ill.
//
// Look asks the main process, and through it all others, for what they know and
// measured. Two such looks make a House, which is plain data: rooms with their arms and
// processes, lines for calls and events with their rates, and what is ill in words. What
// is drawn of it are pure functions: House.SVG, House.Mermaid, and its JSON.
//
//	Look ──> Survey ─┐
//	                 ├─ Build ──> House ─┬─> SVG (wide or narrow)
//	Look ──> Survey ─┘                   ├─> Mermaid
//	                                     └─> JSON
//
// The picture is laid out on a grid: those who call from outside, the rooms under the
// roof in order of need, and in rows below the house what has moved out: a picture as wide
// as a desk's window has type that can be read, wherever the modules are. Lines run in the
// corridors between the rooms only, each on a track of its own, so that no line covers
// a label or another line. The same house always gives the same picture.
//
// Deliberately not here: where the picture is shown (app/console, app/cli), and any
// memory of what was measured before.
package floorplan
