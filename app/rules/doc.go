// Package rules holds, in its tests, the rules of this repository that the
// compiler does not know: who may import whom, that the platform speaks of no
// business, what migrations may say, and where things stand. Each failure
// names the place and gives the reason.
//
// The tests read sources and compile nothing of the program, so they answer
// also while it does not build. Each rule is shown an offender, so that a rule
// that stopped seeing anything fails. What can only be asked of the program
// itself (its contracts, its module graph) is asked by the tests of package
// app.
//
// A rule that stands in the way of something better is changed here, in the
// same commit, with the reason.
package rules
