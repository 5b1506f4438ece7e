package codec

import (
	"roster"
	"roster/fleet"
)

// Level is up to which level this build reads and applies commands. What an older build
// could not read gets the next level: a new kind, or a new form of an old one. It is
// written only when every node of the cluster can read it (ClusterMap.Level); until then
// the older form is, or the command is refused. A replica that meets what it cannot read
// stops, and never skips it.
//
//   - 1: everything up to access tokens.
//   - 2: a cluster map that says a level, when a pause ends, who reads what and over which
//     label voters are spread; labels of nodes.
//   - 3: fleets, and what becomes of their members.
//   - 4: what members keep for their next activation; fleets that follow their load, probes
//     and limits of members; why a fleet was scaled.
const Level = 4

// kindLevels says with which level a kind came; those that are missing came with 1.
var kindLevels = map[roster.Kind]int{
	roster.KindSetFleet: 3, roster.KindScaleFleet: 3, roster.KindDropFleet: 3, roster.KindRecall: 3, roster.KindPlace: 3, roster.KindReport: 3,
	roster.KindSaveState: 4,
}

// formLevels are the kinds whose level depends on what a command says: it is not enough to
// know that it can be read.
var formLevels = map[roster.Kind]bool{roster.KindSetMap: true, roster.KindJoinNode: true, roster.KindSetFleet: true, roster.KindScaleFleet: true}

// LevelOf returns the level that a command needs. The level that a map itself says is
// left out: whoever raises it has made sure of every node. The first map of a cluster needs
// none: it says its own.
func LevelOf(c roster.Command) int {
	level := max(1, kindLevels[c.Kind()])
	switch c := c.(type) {
	case roster.SetMap:
		if c.If != 0 && (c.Map.PausedUntil != 0 || mapForm(c.Map) > mapLevel) {
			level = max(level, 2)
		}
	case roster.JoinNode:
		if len(c.Node.Labels) > 0 {
			level = max(level, 2)
		}
	case fleet.Set:
		if c.Fleet.Scaling.On() || watched(&c.Fleet.Spec) {
			level = max(level, 4)
		}
	case fleet.Scale:
		if c.Reason != "" {
			level = max(level, 4)
		}
	}
	return level
}
