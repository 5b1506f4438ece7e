//go:build !unix

package agentpool

import (
	"context"
	"errors"
	"io"

	"roster/fleet"
)

// Exec runs programs, which needs process groups: there are none here.
type Exec struct {
	Log func(Agent) (io.WriteCloser, error)
	Env []string
}

var errNoGroups = errors.New("programs cannot be run on this operating system")

// Name is fleet.Exec.
func (*Exec) Name() string { return fleet.Exec }

// Check refuses everything.
func (*Exec) Check(*fleet.Spec) error { return errNoGroups }

// Run refuses everything.
func (*Exec) Run(context.Context, Agent, func()) error { return errNoGroups }
