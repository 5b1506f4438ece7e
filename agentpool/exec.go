//go:build unix

package agentpool

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"time"

	"roster/fleet"
)

// Exec runs programs of this machine, each in a process group of its own, with nothing of
// the node's environment but PATH, HOME, TMPDIR and TZ. Who may propose fleets can then run
// any program as the node's user: it is off unless a node's operator allows it.
type Exec struct {
	// Log opens where an agent's output goes; nil discards it.
	Log func(Agent) (Output, error)
	// Env is added to each agent's, such as the address of the node's API.
	Env []string
}

// Output is where an agent's output goes.
type Output interface {
	Write([]byte) (int, error)
	Close() error
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
	started()
	err := d.await(ctx, cmd, a.Spec.Grace())
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // what it left behind in its group
	return err
}

// await waits for the program, and kills its group when it outlives the grace.
func (d *Exec) await(ctx context.Context, cmd *exec.Cmd, grace time.Duration) error {
	kill := context.AfterFunc(ctx, func() {
		late := time.AfterFunc(grace, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
		context.AfterFunc(ctx, func() {}) // ctx has ended: the timer alone is left
		_ = late
	})
	defer kill()
	return cmd.Wait()
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
	return append(env, "ROSTER_AGENT="+string(a.ID), "ROSTER_EPOCH="+strconv.FormatUint(uint64(a.Epoch), 10))
}
