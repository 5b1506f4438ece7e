package roster

// KeyAct is what may be done to the cluster keys that nodes hold.
type KeyAct string

// The acts. KeyList is the zero value.
const (
	KeyList    KeyAct = ""        // change nothing
	KeyInstall KeyAct = "install" // take one more key from others
	KeyUse     KeyAct = "use"     // speak with a key that is installed everywhere
	KeyRemove  KeyAct = "remove"  // take it no more; refused for the one in use
)

// KeyChange is one step of changing the cluster key.
type KeyChange struct {
	Act KeyAct `json:"act"`
	// Key is for KeyInstall: base64 of 32 bytes, as roster keygen prints it.
	Key string `json:"key,omitempty"`
	// Fingerprint names a key for KeyUse and KeyRemove.
	Fingerprint string `json:"fingerprint,omitempty"`
}

// String leaves the key out.
func (c KeyChange) String() string { return string(c.Act) + " " + c.Fingerprint }

// GoString leaves the key out.
func (c KeyChange) GoString() string { return c.String() }

// Keyring says which keys each living node holds.
type Keyring struct {
	Nodes []NodeKeys `json:"nodes"`
}

// NodeKeys are the fingerprints of one node's keys. With Error, they are not known, or what
// was asked was not done there.
type NodeKeys struct {
	Node  NodeID   `json:"node"`
	Uses  string   `json:"uses"`
	Holds []string `json:"holds"`
	Error string   `json:"error,omitempty"`
}
