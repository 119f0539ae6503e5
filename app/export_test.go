package app

// Guarded is for tests of what needs no whole shop.
var Guarded = guarded
