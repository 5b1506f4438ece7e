//go:build unix && !linux

package agentpool

import "syscall"

// attributes put a program into a process group of its own. Only Linux ends it with a node
// that is killed.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
