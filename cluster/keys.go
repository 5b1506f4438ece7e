package cluster

import (
	"bytes"
	"slices"
)

// SetKeys encrypts with one key from now on, and reads what is encrypted with it or with
// others. It is called by one at a time.
func (c *Cluster) SetKeys(use []byte, others [][]byte) error {
	keep := append([][]byte{use}, others...)
	if err := c.addKeys(keep); err != nil {
		return err
	}
	if err := c.keys.UseKey(use); err != nil {
		return err
	}
	held := c.keys.GetKeys()
	first := slices.IndexFunc(held, func(key []byte) bool {
		return !slices.ContainsFunc(keep, func(k []byte) bool { return bytes.Equal(k, key) })
	})
	if first < 0 {
		return nil
	}
	// memberlist takes a key out by moving those behind it within the slice that it reads
	// packets with. The last one is taken out without that: so all from the end to the first
	// unwanted one go, and what was wanted among them comes back.
	for _, key := range slices.Backward(slices.Clone(held[first:])) {
		if err := c.keys.RemoveKey(key); err != nil {
			return err
		}
	}
	return c.addKeys(keep)
}

func (c *Cluster) addKeys(keys [][]byte) error {
	for _, key := range keys {
		if err := c.keys.AddKey(key); err != nil {
			return err
		}
	}
	return nil
}
