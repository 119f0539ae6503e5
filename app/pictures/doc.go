// Package pictures keeps the pictures of the shop's products in a directory, in
// the sizes that pages show. They belong to the edge: pages name them, the edge
// serves them, and no module needs them.
//
// A picture is known by the name that a product gives it, such as mug.jpg. Adding
// it checks it before it is decoded (its kind, its bytes, its pixels), turns it as
// its camera says, makes it in up to three widths, and stores these without what
// cameras write beside them, such as the place. The original is not kept.
//
// The directory:
//
//	names/mug.jpg.json   the sizes of the picture with this name
//	files/5f3a….jpg      one size of a picture, named by what is in it
//	lock                 held by who writes: shared to add, alone to delete
//
// Every file is whole or not there, and a name appears last: a reader who finds a name
// finds its files. A file never changes, so that browsers may keep it for good.
// Programs add and remove while the shop runs, several at once; readers look at the
// time of the directory of names four times a second at most, and need no restart.
//
// What a changed name showed before stays a day, for the pages that were drawn with
// it; what is removed is deleted at once.
package pictures
