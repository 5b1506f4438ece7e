// Package screen is how the command line looks: tables, JSON and YAML of the same
// document, colours, and guesses at what a mistyped word was meant to be.
//
// What others wrote (descriptions, names, error texts) passes through [Clean] on its
// way into a table, so that it can neither drive a terminal nor turn its text around.
//
// What the caller owes: to say whether the output is for eyes that want colour, and
// to Clean what it prints beside tables.
package screen
