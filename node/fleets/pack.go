package fleets

import (
	"bytes"
	"compress/flate"
	"io"

	"roster"
	"roster/fleet"
)

// How a state is packed, in its first byte.
const (
	packedPlain = 0
	packedFlate = 1
)

// pack makes a state smaller, where that can be done; empty stays empty.
func pack(state []byte) ([]byte, error) {
	switch {
	case len(state) == 0:
		return nil, nil
	case len(state) > fleet.StateMax:
		return nil, &roster.Error{Code: roster.CodeTooLarge, Field: "state", Detail: fleet.StateTooLarge}
	}
	var b bytes.Buffer
	b.WriteByte(packedFlate)
	w, err := flate.NewWriter(&b, flate.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(state)
	if err == nil {
		err = w.Close()
	}
	if err != nil || b.Len() > len(state) {
		return append([]byte{packedPlain}, state...), err
	}
	return b.Bytes(), nil
}

// unpack is the way back. What is no state makes an Internal error.
func unpack(packed []byte) ([]byte, error) {
	if len(packed) == 0 {
		return nil, nil
	}
	switch packed[0] {
	case packedPlain:
		return packed[1:], nil
	case packedFlate:
		state, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed[1:])), fleet.StateMax+1))
		if err != nil || len(state) > fleet.StateMax {
			return nil, roster.Errorf(roster.CodeInternal, "a state that cannot be unpacked: %v, %d bytes", err, len(state))
		}
		return state, nil
	}
	return nil, roster.Errorf(roster.CodeInternal, "a state of form %d: a newer version wrote it", packed[0])
}
