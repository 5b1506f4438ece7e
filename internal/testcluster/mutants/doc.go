// Package mutants holds bugs that the tests must find.
//
// A mutant is a change to the text of the product, laid over the real file while a test
// runs (go test -overlay); the product itself carries no bug. The test of this package
// fails when a mutant survives, or when the text that it changes is not there any more.
package mutants
