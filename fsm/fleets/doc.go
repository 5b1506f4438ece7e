// Package fleets is the part of a shard's state that says what is run: fleets by id, and a
// run for each member beside its record on the roll.
//
// It carries out the commands of package fleet. What follows from them by itself, entering
// the members of a fleet and taking them off, is done one member at a time by [Table.Muster],
// as far as an entry's budget goes: the rest follows with later entries. A member that
// failed waits in log time and is then placed again ([Table.Again]).
//
// Which fleets are to be mustered, and who waits, follows from the fleets and runs alone, so
// that a replica that was restored does the same.
//
// What the caller owes: one writer; a [Turn] with the roll that the members are on.
package fleets
