package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"roster"
	"roster/placement"
)

// The drivers.
const (
	Inproc = "inproc" // functions of the node's own program
	Exec   = "exec"   // programs of the node's machine
	Remote = "remote" // an agent that runs itself, at its endpoint
)

// Validate reports the first fault as an Invalid or TooLarge error that names the field.
// Filters are checked by [placement.Need.Check].
func (f *Fleet) Validate() error {
	if err := f.ID.Validate(); err != nil {
		return err
	}
	switch {
	case f.Count < 0 || f.Count > CountMax:
		return roster.Invalid("count", "%d members: want 0 to %d", f.Count, CountMax)
	case f.AwayMax < 0 || f.AwayMax > CountMax:
		return roster.Invalid("away_max", "%d: want 0 to %d", f.AwayMax, CountMax)
	case f.Policy != "" && !slices.Contains(placement.Policies, f.Policy):
		return roster.Invalid("policy", "%.40q: want one of %v", string(f.Policy), placement.Policies)
	}
	if err := cmp.Or(f.Scaling.Validate(), f.Spec.validate()); err != nil {
		return err
	}
	return f.Agent(CountMax).Validate()
}

func (s *Spec) validate() error {
	if err := s.validateDriver(); err != nil {
		return err
	}
	if err := cmp.Or(s.Where.Validate(), s.Restart.validate(), s.Mailbox.Validate(), s.validateProbe(), s.Limit.validate()); err != nil {
		return err
	}
	switch {
	case s.Resources.CPU < 0 || s.Resources.Memory < 0:
		return roster.Invalid("resources", "less than nothing is asked for")
	case s.Priority < -PriorityMax || s.Priority > PriorityMax:
		return roster.Invalid("priority", "%d: want %d to %d", s.Priority, -PriorityMax, PriorityMax)
	case s.StopGrace < 0 || time.Duration(s.StopGrace) > GraceMax:
		return roster.Invalid("stop_grace", "%v: want 0 to %v", time.Duration(s.StopGrace), GraceMax)
	case s.bytes() > SpecBytesMax:
		return &roster.Error{Code: roster.CodeTooLarge, Field: "spec", Detail: fmt.Sprintf("a spec of %d bytes; at most %d", s.bytes(), SpecBytesMax)}
	}
	return nil
}

// validateDriver checks that the spec has what its driver needs, and nothing of another's.
func (s *Spec) validateDriver() error {
	switch {
	case s.Driver != Inproc && s.Driver != Exec && s.Driver != Remote:
		return roster.Invalid("driver", "%.40q: want %s, %s or %s", s.Driver, Inproc, Exec, Remote)
	case (s.Entry != "") != (s.Driver == Inproc):
		return roster.Invalid("entry", "the driver %s alone wants an entry", Inproc)
	case (len(s.Command) > 0) != (s.Driver == Exec):
		return roster.Invalid("command", "the driver %s alone wants a command", Exec)
	case len(s.Entry) > roster.NameMax:
		return roster.Invalid("entry", "%d bytes; at most %d", len(s.Entry), roster.NameMax)
	case len(s.Command) > ArgumentsMax:
		return roster.Invalid("command", "%d words; at most %d", len(s.Command), ArgumentsMax)
	case s.Driver == Exec && s.Command[0] == "":
		return roster.Invalid("command", "the program has no name")
	case s.Announces && s.Driver != Exec:
		return roster.Invalid("announces", "the driver %s alone asks: functions always say when they are ready", Exec)
	case s.Driver == Remote && len(s.Endpoints) == 0:
		return roster.Invalid("endpoints", "the driver %s wants an endpoint, which it probes", Remote)
	case len(s.Env) > EnvMax || !s.Env.Sorted():
		return roster.Invalid("env", "%d variables: want at most %d, each once", len(s.Env), EnvMax)
	}
	for i, word := range s.Command {
		if !plain(word) {
			return roster.Invalid(fmt.Sprintf("command[%d]", i), "at most %d bytes of text, and no NUL", TextMax)
		}
	}
	for key, value := range s.Env.All() {
		if key == "" || strings.ContainsAny(key, "=\x00") || !plain(value) || len(key) > roster.MapKeyMax {
			return roster.Invalid("env", "variable %.40q: want a name without =, and at most %d bytes of text", key, TextMax)
		}
		if strings.HasPrefix(key, "ROSTER_") {
			return roster.Invalid("env", "variable %.40q: names that begin with ROSTER_ are the node's to set", key)
		}
	}
	return nil
}

func plain(text string) bool {
	return len(text) <= TextMax && strings.ToValidUTF8(text, "") == text && strings.IndexByte(text, 0) < 0
}

func (r Restart) validate() error {
	switch {
	case r.When != "" && r.When != Always && r.When != OnFailure && r.When != Never:
		return roster.Invalid("restart.when", "%.40q: want %s, %s or %s", string(r.When), Always, OnFailure, Never)
	case r.Most < 0 || r.Most > RestartsMax:
		return roster.Invalid("restart.most", "%d: want 0 to %d", r.Most, RestartsMax)
	case r.Within < 0 || time.Duration(r.Within) > 24*time.Hour:
		return roster.Invalid("restart.within", "%v: want 0 to 24h", time.Duration(r.Within))
	case r.Pause < 0 || time.Duration(r.Pause) > time.Hour:
		return roster.Invalid("restart.pause", "%v: want 0 to 1h", time.Duration(r.Pause))
	}
	return nil
}

func (s *Spec) bytes() int {
	n := len(s.Driver) + len(s.Entry) + len(s.Where.Filter)
	for _, word := range s.Command {
		n += len(word)
	}
	for key, value := range s.Env.All() {
		n += len(key) + len(value)
	}
	for _, p := range s.Where.Prefer {
		n += len(p.Filter)
	}
	return n
}
