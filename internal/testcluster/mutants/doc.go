// Package mutants holds bugs that the tests must find.
//
// A mutant is a change to the text of the product, laid over the real file while a test
// runs (go test -overlay); the product itself carries no bug. The tests of this package
// fail when the text that a mutant changes is not there any more and, asked with
// -mutants.packages or -mutants.all, when a mutant survives.
package mutants
