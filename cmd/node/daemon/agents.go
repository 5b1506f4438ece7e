package daemon

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"roster/agentpool"
	"roster/cmd/node/screen"
	"roster/fleet"
	"roster/node/fleets"
	"roster/placement"
)

// agents says what a node runs of fleets.
type agents struct {
	drivers []string
	room    placement.Resources
	most    int
	memory  memoryBound
}

// settings lists the settings of agents.
func (a *agents) settings() []setting {
	return []setting{
		{"drivers", fleet.Inproc, "how this node runs members of fleets: inproc, exec (programs, with this node's rights), remote; none runs nothing", a.takeDrivers},
		{"agents-cpu", "", "cores for members of fleets, such as 3500m (default: all of the machine)", a.amount("cpu")},
		{"agents-memory", "", "memory for members of fleets, such as 4GiB (default: no bound)", a.amount("memory")},
		{"memory-max", "", "what this node and its members may take of memory together, such as 3500MiB; above seven eighths of it the node reclaims, and then stops members that run elsewhere; 0 is no bound (default: all of the container, or of the machine)", a.memory.take},
		{"agents-max", "0", "how many members this node runs at most; 0 is 200000", number(&a.most)},
	}
}

func (a *agents) takeDrivers(v string) error {
	a.drivers = nil
	for _, name := range strings.FieldsFunc(v, func(r rune) bool { return r == ',' || r == ' ' }) {
		switch {
		case name == "none":
		case !slices.Contains([]string{fleet.Inproc, fleet.Exec, fleet.Remote}, name):
			return fmt.Errorf("%s: want inproc, exec, remote or none", screen.Quote(name))
		default:
			a.drivers = append(a.drivers, name)
		}
	}
	return nil
}

// amount reads an amount of one kind.
func (a *agents) amount(kind string) func(string) error {
	return func(v string) error {
		if v == "" {
			return nil
		}
		raw, err := json.Marshal(map[string]string{kind: v})
		if err != nil {
			return err
		}
		var r placement.Resources
		if err := json.Unmarshal(raw, &r); err != nil {
			return errors.New(strings.TrimPrefix(err.Error(), kind+": "))
		}
		a.room = a.room.Add(r)
		return nil
	}
}

// agents returns what the settings mean to package node. Programs learn where the node's API
// is, and their output is kept in its directory.
func (a *agents) config(dataDir, http string) fleets.Agents {
	out := fleets.Agents{Room: a.room, Max: a.most, Memory: a.memory.bytes("/")}
	for _, name := range a.drivers {
		switch name {
		case fleet.Inproc:
			out.Drivers = append(out.Drivers, agentpool.NewInproc(agentpool.Entries()))
		case fleet.Exec:
			exec := &agentpool.Exec{Env: []string{"ROSTER_ADDR=" + http}}
			if dataDir != "" {
				outputs := agentpool.Outputs{Dir: filepath.Join(dataDir, "agents")}
				exec.Log, out.Output = outputs.Open, outputs.Tail
			}
			out.Drivers = append(out.Drivers, exec)
		case fleet.Remote:
			out.Drivers = append(out.Drivers, &agentpool.Remote{})
		}
	}
	return out
}
