// Package fences remembers, in one shard, the highest epoch seen of each agent that acted
// there, so that acts of lower ones can be refused.
//
// A row is kept until some log time, and longer while its agent is registered: who asks
// [Table.Due] says whether it is.
//
// What the caller owes: one writer.
package fences
