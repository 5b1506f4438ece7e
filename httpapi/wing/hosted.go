package wing

import (
	"net/http"

	"roster/fleet"
)

func getState(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	saved, stamp, err := s.Fleets.State(r.Context, id, r.Read)
	a, err := shown(http.StatusOK, saved, err)
	a.Stamp, a.ETag, a.Private = stamp, saved.Revision, true
	return a, err
}

// StateIn is what a member keeps.
type StateIn struct {
	State []byte `json:"state"`
}

func putState(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	var in StateIn
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	stamp, err := s.Fleets.Save(r.Context, id, in.State)
	return Answer{Status: http.StatusNoContent, Stamp: stamp}, err
}

func getStanding(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	said, err := s.Fleets.Standing(r.Context, id)
	return shown(http.StatusOK, said, err)
}

// putStanding takes what the agent that calls says of itself.
func putStanding(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	var in fleet.Standing
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	if s.Fleets == nil {
		return Answer{}, errNoFleets
	}
	return Answer{Status: http.StatusNoContent}, s.Fleets.Say(r.Context, id, in)
}
