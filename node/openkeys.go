package node

import (
	"path/filepath"

	"roster"
	"roster/keyring"
	"roster/node/founding"
	"roster/node/keys"
)

// openKeys finds out which cluster keys this node holds.
func (n *Node) openKeys(id *founding.Identity) (err error) {
	path := ""
	if n.config.Durability != roster.DurabilityNone {
		path = filepath.Join(n.config.DataDir, "keyring.json")
	}
	n.ring, err = keyring.Open(path, n.config.Key)
	n.Keeper = keys.New(keys.Config{Ring: n.ring, Self: id.NodeID, Alive: n.aliveIDs, Call: n.call, Logger: n.log})
	return err
}
