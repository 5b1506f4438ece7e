//go:build unix

package usage

import (
	"syscall"
	"time"
)

// Self returns the CPU time that this process has used.
func Self() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
