package keys_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"

	"roster"
	"roster/keyring"
	"roster/node/keys"
)

// A cluster of one changes its key.
func Example() {
	old, next := bytes.Repeat([]byte{1}, keyring.KeyBytes), bytes.Repeat([]byte{2}, keyring.KeyBytes)
	ring, err := keyring.Open("", old)
	if err != nil {
		fmt.Println(err)
		return
	}
	k := keys.New(keys.Config{Ring: ring, Self: "n1", Alive: func() []roster.NodeID { return []roster.NodeID{"n1"} }, Logger: slog.New(slog.DiscardHandler)})
	for _, c := range []roster.KeyChange{
		{Act: roster.KeyInstall, Key: base64.StdEncoding.EncodeToString(next)},
		{Act: roster.KeyUse, Fingerprint: keyring.Fingerprint(next)},
		{Act: roster.KeyRemove, Fingerprint: keyring.Fingerprint(old)},
	} {
		all, err := k.Keyring(context.Background(), c)
		fmt.Println(c.Act, len(all.Nodes[0].Holds), err)
	}
	// Output:
	// install 2 <nil>
	// use 2 <nil>
	// remove 1 <nil>
}
