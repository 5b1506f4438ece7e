//go:build unix

package agentpool

import (
	"syscall"

	"roster/agentpool/meter"
)

// signalReclaim asks a program for less memory; false when it has no handler for that, or
// nobody can tell.
func signalReclaim(m meter.Meter, group int) bool {
	return m.Catches(group, int(syscall.SIGUSR1)) && syscall.Kill(group, syscall.SIGUSR1) == nil
}

func signalKill(group int) { _ = syscall.Kill(-group, syscall.SIGKILL) }
