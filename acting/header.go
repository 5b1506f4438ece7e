package acting

import (
	"net/http"
	"strconv"

	"roster"
)

// The headers by which a caller says which agent it is, and proves it.
const (
	AgentHeader  = "Roster-Agent"
	EpochHeader  = "Roster-Epoch"
	SecretHeader = "Roster-Secret"
)

// OfHeader reads the headers of who calls as an agent; false when there are none. The error
// is Invalid unless each of the three is there once.
func OfHeader(h http.Header) (c Claim, claims bool, err error) {
	if len(h[AgentHeader])+len(h[EpochHeader])+len(h[SecretHeader]) == 0 {
		return c, false, nil
	}
	for _, name := range [...]string{AgentHeader, EpochHeader, SecretHeader} {
		if len(h[name]) != 1 || h[name][0] == "" {
			return c, false, roster.Invalid(name, "who calls as an agent sends %s, %s and %s, each once", AgentHeader, EpochHeader, SecretHeader)
		}
	}
	c.Agent, c.Secret = roster.AgentID(h.Get(AgentHeader)), h.Get(SecretHeader)
	if err := c.Agent.Validate(); err != nil {
		return c, false, err
	}
	epoch, err := strconv.ParseUint(h.Get(EpochHeader), 10, 64)
	if err != nil {
		return c, false, roster.Invalid(EpochHeader, "want a number")
	}
	c.Epoch = roster.Epoch(epoch)
	return c, true, nil
}

// SetHeader writes those headers.
func (c Claim) SetHeader(h http.Header) {
	h.Set(AgentHeader, string(c.Agent))
	h.Set(EpochHeader, strconv.FormatUint(uint64(c.Epoch), 10))
	h.Set(SecretHeader, c.Secret)
}
