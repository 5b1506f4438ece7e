package wing

import (
	"cmp"
	"net/http"
	"strconv"

	"roster"
	"roster/fleet"
	"roster/httpapi/wire"
)

var errNoFleets = roster.Errorf(roster.CodeRefused, "nothing is run here")

// FleetList is a list of fleets.
type FleetList struct {
	Fleets []fleet.State `json:"fleets"`
}

func fleetID(r Request) (fleet.ID, error) {
	id := fleet.ID(r.Call.PathValue("ns") + "/" + r.Call.PathValue("name"))
	return id, id.Validate()
}

func agentID(r Request) (roster.AgentID, error) {
	id := roster.AgentID(r.Call.PathValue("ns") + "/" + r.Call.PathValue("name"))
	return id, id.Validate()
}

func listFleets(s Services, r Request) (Answer, error) {
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	all, err := s.Fleets.Fleets(r.Context, cmp.Or(r.Query.Get("namespace"), "*"))
	return shown(http.StatusOK, FleetList{all}, err)
}

// LoadList is what nodes have for agents.
type LoadList struct {
	Loads []fleet.NodeLoad `json:"loads"`
}

func listLoads(s Services, r Request) (Answer, error) {
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	all, err := s.Fleets.Loads(r.Context)
	return shown(http.StatusOK, LoadList{all}, err)
}

func getFleet(s Services, r Request) (Answer, error) {
	id, err := fleetID(r)
	if err != nil {
		return Answer{}, err
	}
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	state, stamp, err := s.Fleets.Fleet(r.Context, id, r.Read)
	a, err := shown(http.StatusOK, state, err)
	a.Stamp, a.ETag = stamp, state.Revision
	return a, err
}

// putFleet enters or replaces the fleet that the path names.
func putFleet(s Services, r Request) (Answer, error) {
	id, err := fleetID(r)
	if err != nil {
		return Answer{}, err
	}
	var c fleet.Set
	if err := read(r, &c.Fleet); err != nil {
		return Answer{}, err
	}
	if c.IfMatch, err = wire.RevisionHeader(r.Call.Header); err != nil {
		return Answer{}, err
	}
	if c.IfAbsent, err = wire.AbsentHeader(r.Call.Header); err != nil {
		return Answer{}, err
	}
	if c.Fleet.ID = cmp.Or(c.Fleet.ID, id); c.Fleet.ID != id {
		return Answer{}, roster.Invalid("id", "the body names another fleet than the path")
	}
	return change(s, r, c)
}

// change carries out a command whose value is a fleet.Change.
func change(s Services, r Request, c roster.Command) (Answer, error) {
	result, stamp, err := s.Do(r.Context, c)
	if err != nil {
		return Answer{}, err
	}
	done, ok := result.Value.(fleet.Change)
	if !ok {
		return Answer{}, roster.Errorf(roster.CodeInternal, "%v came to a %T", c.Kind(), result.Value)
	}
	status := http.StatusOK
	switch done.Outcome {
	case roster.OutcomeCreated:
		status = http.StatusCreated
	case roster.OutcomeRemoved:
		status = http.StatusAccepted
	}
	a, err := shown(status, done.Fleet, nil)
	a.Stamp, a.ETag = stamp, done.Fleet.Revision
	return a, err
}

func deleteFleet(s Services, r Request) (Answer, error) {
	id, err := fleetID(r)
	if err != nil {
		return Answer{}, err
	}
	if err := r.NoBody(); err != nil {
		return Answer{}, err
	}
	revision, err := wire.RevisionHeader(r.Call.Header)
	if err != nil {
		return Answer{}, err
	}
	return change(s, r, fleet.Drop{ID: id, IfMatch: revision})
}

// ScaleIn is how many members a fleet is to have.
type ScaleIn struct {
	Count *int `json:"count"`
}

func scaleFleet(s Services, r Request) (Answer, error) {
	id, err := fleetID(r)
	if err != nil {
		return Answer{}, err
	}
	var in ScaleIn
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	if in.Count == nil {
		return Answer{}, roster.Invalid("count", "the field is missing")
	}
	revision, err := wire.RevisionHeader(r.Call.Header)
	if err != nil {
		return Answer{}, err
	}
	return change(s, r, fleet.Scale{ID: id, Count: *in.Count, IfMatch: revision})
}

func explainAgent(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	x, err := s.Fleets.Explain(r.Context, id)
	return shown(http.StatusOK, x, err)
}

func agentOutput(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	most := fleet.OutputDefault
	if text := r.Query.Get("bytes"); text != "" {
		if most, err = strconv.Atoi(text); err != nil {
			return Answer{}, roster.Invalid("bytes", "want a number")
		}
	}
	out, err := s.Fleets.Output(r.Context, id, most)
	a, err := shown(http.StatusOK, out, err)
	a.Private = true
	return a, err
}

// RecallIn is where a member is wanted, and why.
type RecallIn struct {
	If     roster.Epoch  `json:"if,omitempty"`
	Node   roster.NodeID `json:"node,omitempty"`
	Leave  bool          `json:"leave,omitempty"`
	Reason string        `json:"reason,omitempty"`
}

func recallAgent(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	var in RecallIn
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	result, stamp, err := s.Do(r.Context, fleet.Recall{Agent: id, If: in.If, Node: in.Node, Leave: in.Leave, Reason: in.Reason})
	done, _ := result.Value.(roster.Change)
	if err != nil || done.Record == nil {
		return Answer{Status: http.StatusNoContent, Stamp: stamp}, err
	}
	return Answer{Body: wire.AppendRecord(nil, done.Record), Stamp: stamp, ETag: done.Record.Revision}, nil
}
