// Package body reads the bodies of requests, whole and within bounds: of the type and at
// most of the length that their kind may have, and in at most RequestDeadline.
//
// What the caller owes: nothing is read before; what comes out is his.
package body
