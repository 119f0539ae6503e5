package app

// Guarded is for tests of what needs no whole shop.
var Guarded = guarded

// SharedSettings is what processes compare of a module's settings.
var SharedSettings = Config.shared
