package link

import (
	"bufio"
	"context"
	"io"
	"net"
	"time"

	"github.com/hashicorp/raft"

	"roster/shard/link/frame"
	"roster/shard/link/peer"
	"roster/transport/wire"
)

const (
	// restoreLeast and restoreEach are how long a peer may take to restore a snapshot:
	// this long, and so long for each MiB.
	restoreLeast = 30 * time.Second
	restoreEach  = time.Second
)

// InstallSnapshot sends a snapshot on a connection of its own, so that it stands in
// nobody's way. A peer that cannot be reached is not counted as one that was sent any.
func (t *Transport) InstallSnapshot(id raft.ServerID, _ raft.ServerAddress, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	if t.muted.Load() {
		return ErrMuted
	}
	conn, r, err := t.hub.peers.Dial(t.ctx, id)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return t.options.Install(t.ctx, id, args.LastLogIndex, func() error { return t.sendSnapshot(conn, r, id, args, resp, data) })
}

func (t *Transport) sendSnapshot(conn net.Conn, r *bufio.Reader, id raft.ServerID, args *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	stop := context.AfterFunc(t.ctx, func() { _ = conn.Close() })
	defer stop()
	w := bufio.NewWriterSize(peer.Patient{Conn: conn}, wire.BufferBytes)
	err := frame.Write(w, &frame.Frame{
		Kind: frame.Install, Group: t.options.Group, Protocol: args.ProtocolVersion, Term: args.Term,
		Index: args.LastLogIndex, IndexTerm: args.LastLogTerm, Commit: args.ConfigurationIndex,
		Size: args.Size, Version: uint8(args.SnapshotVersion), Bytes: args.Configuration,
	})
	if err == nil {
		_, err = io.Copy(w, data)
	}
	if err == nil {
		err = w.Flush()
	}
	if err == nil {
		err = conn.SetReadDeadline(time.Now().Add(restoreLeast + time.Duration(args.Size>>20)*restoreEach))
	}
	var f frame.Frame
	if err == nil {
		err = frame.Read(r, &f)
	}
	if err == nil && f.Kind != frame.InstallAnswer {
		err = peer.Fault(&f)
	}
	if err != nil {
		return err
	}
	*resp = raft.InstallSnapshotResponse{RPCHeader: header(id, &f), Term: f.Term, Success: f.Flags&frame.Yes != 0}
	return nil
}

// install has Raft restore a snapshot.
func (t *Transport) install(conn net.Conn, r io.Reader, f *frame.Frame, from []byte) *frame.Frame {
	stop := context.AfterFunc(t.ctx, func() { _ = conn.Close() })
	defer stop()
	in := &inbound{id: f.ID, group: f.Group, place: -1}
	return in.answer(t.main(raft.RPC{
		Reader: io.LimitReader(r, f.Size),
		Command: &raft.InstallSnapshotRequest{
			RPCHeader:       raft.RPCHeader{ProtocolVersion: f.Protocol, ID: from, Addr: from},
			SnapshotVersion: raft.SnapshotVersion(f.Version), Term: f.Term, Leader: from,
			LastLogIndex: f.Index, LastLogTerm: f.IndexTerm, Size: f.Size,
			Configuration: f.Bytes, ConfigurationIndex: f.Commit,
		},
	}))
}
