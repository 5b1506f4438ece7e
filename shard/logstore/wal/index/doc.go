// Package index finds a group's entries: [Index] says where each stands on the disk,
// [Recent] holds the newest ones in memory.
//
// Both are plain data: the caller has the lock.
package index
