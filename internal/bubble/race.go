//go:build race

package bubble

// raced says whether the race detector watches.
const raced = true
