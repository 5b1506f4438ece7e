// Package quota bounds what one caller may ask of one node: requests a second, with a burst,
// and requests under way at one time. Callers are known by the principal of their token, so
// the table of them is bounded by the number of tokens; [CallersMax] bounds it in any case.
//
// The root token is not bounded: whoever has to mend the cluster gets in.
package quota
