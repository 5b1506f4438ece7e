// Package check holds the promises of a registry against what a load sees of it.
//
// [Revisions]: what one observer is shown of an agent never goes back. [Acknowledged]:
// every acknowledged write is there at the end. [Registers]: reads and writes of a few
// agents have an order that explains every answer (porcupine). [Order]: a watch tells
// every acknowledged write once and in order. [Tokens]: a read with the token of a
// write shows that write. [Lives]: no session ends before its time.
//
// Each gives a [Verdict]: how much it looked at, and what it found wrong. A checker
// that looked at nothing proves nothing, so the count is part of the verdict.
//
// What the caller owes: agents that nobody else writes; to tell a checker before an
// operation begins and after it ends; and to tell it of writes whose fate is unknown.
package check
