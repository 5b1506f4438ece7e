package wire

import "roster"

// DecodeUpdate reads a merge patch (RFC 7396) of an agent: null removes, labels and
// metadata are merged by key, lists are replaced whole. What a patch cannot change
// (id, session, secret) is refused: the agent's ID is the caller's to set.
func DecodeUpdate(v Value) (roster.Update, error) {
	var u roster.Update
	err := v.Object(func(name string, v Value) (err error) {
		switch name {
		case "capabilities":
			list := []roster.Capability{}
			u.Capabilities = &list
			return optional(v, func() error { list, err = decodeCapabilities(v); return err })
		case "endpoints":
			list := []roster.Endpoint{}
			u.Endpoints = &list
			return optional(v, func() error { list, err = decodeEndpoints(v); return err })
		case "labels":
			u.Labels, err = mergePatch(v)
			return err
		case "metadata":
			u.Metadata, err = mergePatch(v)
			return err
		case "description":
			u.Description = new(string)
			return optional(v, func() error { return put(u.Description, v) })
		case "on_end":
			onEnd := roster.OnEndDeregister
			u.OnEnd = &onEnd
			return optional(v, func() error { return put(u.OnEnd, v) })
		case "id", "session", "secret":
			return roster.Invalid("", "a patch cannot change it: register the agent anew with PUT")
		}
		return v.Unknown("capabilities, labels, endpoints, description, metadata or on_end")
	})
	return u, err
}

// mergePatch reads the patch of a map; null stands for the map itself and empties it.
func mergePatch(v Value) (roster.MapPatch, error) {
	if v.IsNull() {
		return roster.MapPatch{Clear: true}, nil
	}
	return decodePatch(v)
}
