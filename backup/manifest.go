package backup

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"roster"
)

// Format is the version of the archives that this build writes, and the highest that it
// reads.
const Format = 1

// Manifest says what an archive holds and where that comes from.
type Manifest struct {
	Format     int       `json:"format"`
	Cluster    string    `json:"cluster"`
	ClusterID  string    `json:"cluster_id"`
	Version    string    `json:"version"` // of the program that wrote it
	Time       time.Time `json:"time"`    // of the cut, by the clock of the node
	MapVersion uint64    `json:"map_version"`
	Shards     []Shard   `json:"shards"` // by id, the system shard first
}

// Shard is what an archive holds of one shard: everything up to and with Index, and
// nothing after it.
type Shard struct {
	ID     roster.ShardID `json:"id"`
	Index  roster.Index   `json:"last_index"`
	Term   uint64         `json:"term"` // in which the shard was led
	Agents int            `json:"agents"`
	Bytes  int64          `json:"bytes"`
	SHA256 string         `json:"sha256"` // of the state, in hexadecimal
}

// Agents counts the agents of all shards.
func (m Manifest) Agents() int {
	all := 0
	for _, s := range m.Shards {
		all += s.Agents
	}
	return all
}

// Bytes counts the bytes of all states.
func (m Manifest) Bytes() int64 {
	var all int64
	for _, s := range m.Shards {
		all += s.Bytes
	}
	return all
}

// ErrArchive is the cause of every refusal of an archive.
var ErrArchive = errors.New("the archive is not whole")

func refuse(format string, values ...any) error {
	return &roster.Error{Code: roster.CodeInvalid, Detail: fmt.Sprintf("archive refused: "+format, values...), Cause: ErrArchive}
}

// parseManifest reads a manifest of this format or an older one.
func parseManifest(body []byte) (m Manifest, err error) {
	var probe struct{ Format int }
	if err := json.Unmarshal(body, &probe); err != nil {
		return m, refuse("its manifest cannot be read: %v", err)
	}
	if probe.Format > Format {
		return m, refuse("it has format %d and this build reads up to %d: use the newer build", probe.Format, Format)
	}
	strict := json.NewDecoder(bytes.NewReader(body))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&m); err != nil {
		return m, refuse("its manifest cannot be read: %v", err)
	}
	return m, nil
}

const (
	manifestName = "manifest.json"
	manifestMax  = 1 << 20
	sealName     = "sha256"
)

func stateName(id roster.ShardID) string { return "shards/" + id.String() + ".state" }

// isState reports whether an entry is the state of some shard.
func isState(name string) bool {
	return strings.HasPrefix(name, "shards/") && strings.HasSuffix(name, ".state")
}
