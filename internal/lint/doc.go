// Package lint holds the house rules that a machine can check, as ordinary tests.
//
// It reads the source of the whole module and reports a [Finding] for each place
// that breaks a rule: an import that the arrow table does not allow, a clock in a
// pure package, an exported name without a word about it, a function that has
// grown too long, and so on. [Rules] names them all.
//
// Two files under testdata are part of the rules:
//
//   - arrows.txt says which package may import which. A new arrow is a change that
//     a reader should see, so it is written down there by hand.
//   - ratchet.txt lists the offenders that are known, with their size. None may be
//     added and none may grow; one that shrank or went must shrink or go there too.
//
// Run "go test ./internal/lint -rewrite" to bring both files down to what the source
// says. It never adds an offender.
//
// What the caller owes: a tree that compiles. Type checks use the compiler's export
// data, so a pure package that does not build is itself a finding.
package lint
