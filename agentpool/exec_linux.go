package agentpool

import "syscall"

// attributes put a program into a process group of its own, which dies with the node.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
