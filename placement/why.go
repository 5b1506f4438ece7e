package placement

// Why is the verdict on one node for one agent: why not, or that it fits.
type Why uint8

// The verdicts, in the order in which they are looked for.
const (
	Fits Why = iota
	IsDown
	IsDraining
	IsSilent
	NoDriver
	NoEntry
	Filtered
	Shunned
	FleetFull
	Skewed
	NoCPU
	NoMemory
	NoSeat
	TooBusy
	NotDrawn
	whys // how many there are
)

var whyTexts = [whys]string{
	Fits:       "fits",
	IsDown:     "is down",
	IsDraining: "is draining",
	IsSilent:   "does not answer what it has room for",
	NoDriver:   "does not allow the driver",
	NoEntry:    "does not offer the entry point",
	Filtered:   "does not match the filter",
	Shunned:    "is shunned for a while: it refused the agent, lost it, or was left on demand",
	FleetFull:  "runs as many members of the fleet as per_node_max allows",
	Skewed:     "has a label value that runs more members of the fleet than skew_max allows",
	NoCPU:      "has not enough CPU left",
	NoMemory:   "has not enough memory left",
	NoSeat:     "runs as many agents as it may",
	TooBusy:    "is too busy",
	NotDrawn:   "is none of the two that were drawn",
}

// String says it in words that follow the name of a node.
func (w Why) String() string {
	if w >= whys {
		return "is refused for a reason that is not known here"
	}
	return whyTexts[w]
}
