package codec

import "roster"

// Level is up to which level this build reads and applies commands. What an older build
// could not read gets the next level: a new kind, or a new form of an old one. It is
// written only when every node of the cluster can read it (ClusterMap.Level); until then
// the older form is, or the command is refused. A replica that meets what it cannot read
// stops, and never skips it.
//
//   - 1: everything up to access tokens.
//   - 2: a cluster map that says a level, when a pause ends, and who reads what.
const Level = 2

// kindLevels says with which level a kind came; those that are missing came with 1.
var kindLevels = map[roster.Kind]int{}

// LevelOf returns the level that a command needs. The level that a map itself says is
// left out: whoever raises it has made sure of every node. The first map of a cluster needs
// none: it says its own.
func LevelOf(c roster.Command) int {
	level := max(1, kindLevels[c.Kind()])
	if m, ok := c.(roster.SetMap); ok && m.If != 0 && (m.Map.PausedUntil != 0 || m.Map.Readers != roster.ReadersAll) {
		level = max(level, 2)
	}
	return level
}
