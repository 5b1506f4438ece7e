package fleet

import (
	"strconv"
	"strings"

	"roster"
)

// ID names a fleet: "namespace/name", as an agent's id, but without "~".
type ID string

// Of returns the fleet that an agent is a member of and its number there. Only the one
// spelling of a number that Member writes makes a member.
func Of(agent roster.AgentID) (ID, int, bool) {
	fleet, number, ok := strings.Cut(string(agent), "~")
	n, err := strconv.ParseUint(number, 10, 31)
	if !ok || err != nil || strconv.FormatUint(n, 10) != number {
		return "", 0, false
	}
	return ID(fleet), int(n), true
}

// Member returns the id of the n-th member.
func (id ID) Member(n int) roster.AgentID {
	return roster.AgentID(string(id) + "~" + strconv.Itoa(n))
}

// Key returns the routing key, that of all members.
func (id ID) Key() roster.Key { return roster.AgentID(id).Key() }

// Namespace returns what stands before the slash.
func (id ID) Namespace() string { return roster.AgentID(id).Namespace() }

// Validate reports an Invalid error naming the grammar when id is not a fleet's.
func (id ID) Validate() error {
	if strings.Contains(string(id), "~") {
		return roster.Invalid("id", "fleet %.80q: a name without ~, which stands before a member's number", string(id))
	}
	// The longest member's id must be an agent's too.
	if err := id.Member(CountMax).Validate(); err != nil {
		return roster.Invalid("id", "fleet %.200q: want namespace/name of a-z 0-9 . _ -, each beginning with a letter or digit, the name at most %d bytes", string(id), roster.NameMax-len(strconv.Itoa(CountMax))-1)
	}
	return nil
}
