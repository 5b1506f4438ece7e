//go:build unix

package agentpool

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"roster/fleet"
)

// Exec runs programs of this machine, each in a process group of its own, with nothing of
// the node's environment but PATH, HOME, TMPDIR and TZ. Who may propose fleets can then run
// any program as the node's user: it is off unless a node's operator allows it.
type Exec struct {
	// Log opens where an agent's output goes; nil discards it.
	Log func(Agent) (io.WriteCloser, error)
	// Env is added to each agent's, such as the address of the node's API.
	Env []string
}

// Name is fleet.Exec.
func (d *Exec) Name() string { return fleet.Exec }

// Check refuses a program that is not there.
func (d *Exec) Check(s *fleet.Spec) error {
	if _, err := exec.LookPath(s.Command[0]); err != nil {
		return fmt.Errorf("the program cannot be run here: %w", err)
	}
	return nil
}

// Run runs the program. When ctx ends its whole group is told to terminate, and killed when
// the grace is over.
func (d *Exec) Run(ctx context.Context, a Agent, started func()) error {
	cmd := exec.CommandContext(ctx, a.Spec.Command[0], a.Spec.Command[1:]...)
	cmd.Env = d.env(a)
	cmd.SysProcAttr = attributes()
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = a.Spec.Grace()
	if d.Log != nil {
		out, err := d.Log(a)
		if err != nil {
			return fmt.Errorf("open its log: %w", err)
		}
		defer out.Close()
		cmd.Stdout, cmd.Stderr = out, out
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	if a.Group != nil {
		a.Group(cmd.Process.Pid)
	}
	started()
	err := cmd.Wait()                                   // when ctx ends: Cancel, and after WaitDelay the kill
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what is left of its group
	return err
}

func (d *Exec) env(a Agent) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "TZ"} {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	env = append(env, d.Env...)
	for key, value := range a.Spec.Env.All() {
		env = append(env, key+"="+value)
	}
	return append(env, "ROSTER_AGENT="+string(a.ID), "ROSTER_EPOCH="+strconv.FormatUint(uint64(a.Epoch), 10), "ROSTER_SECRET="+a.Secret)
}
