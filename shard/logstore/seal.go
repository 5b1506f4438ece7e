package logstore

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/hashicorp/raft"
)

// A seal stands in the Extensions of an entry: a version byte and the CRC-32C of
// index, term, type and data. It travels with the entry, so a follower also sees
// what was damaged on the leader's disk or on the way.
const (
	sealVersion = 1
	sealBytes   = 5
)

var sealTable = crc32.MakeTable(crc32.Castagnoli)

func sum(log *raft.Log) uint32 {
	head := make([]byte, 0, 17)
	head = binary.LittleEndian.AppendUint64(head, log.Index)
	head = binary.LittleEndian.AppendUint64(head, log.Term)
	head = append(head, byte(log.Type))
	return crc32.Update(crc32.Checksum(head, sealTable), sealTable, log.Data)
}

// sealed returns the entry with its seal: a copy, because Raft goes on using its
// own, or log itself when it came with a seal that is right.
func sealed(log *raft.Log) (*raft.Log, error) {
	if len(log.Extensions) > 0 {
		return log, verify(log)
	}
	out := *log
	out.Extensions = binary.LittleEndian.AppendUint32([]byte{sealVersion}, sum(log))
	return &out, nil
}

func verify(log *raft.Log) error {
	if len(log.Extensions) != sealBytes || log.Extensions[0] != sealVersion {
		return fmt.Errorf("%w: index %d has no checksum", ErrCorrupt, log.Index)
	}
	if want := binary.LittleEndian.Uint32(log.Extensions[1:]); want != sum(log) {
		return fmt.Errorf("%w: index %d, term %d: checksum differs", ErrCorrupt, log.Index, log.Term)
	}
	return nil
}
