package wire

import "roster"

// AppendPage appends a page of agents; the plan is shown when there is one.
func AppendPage(b []byte, p roster.Page) []byte {
	b = appendList(append(b, `{"agents":`...), p.Agents, AppendRecord)
	b = AppendText(append(b, `,"cursor":`...), string(p.Cursor))
	b = AppendText(append(b, `,"token":`...), string(p.Token))
	if p.Plan != nil {
		b = appendList(append(b, `,"plan":`...), p.Plan, AppendText)
	}
	return append(b, '}')
}

// AppendLookups appends the answers of a batch look-up; an unknown agent is null.
func AppendLookups(b []byte, results []roster.LookupResult, token roster.Token) []byte {
	b = appendList(append(b, `{"results":`...), results, func(b []byte, r roster.LookupResult) []byte {
		b = append(AppendText(append(b, `{"id":`...), string(r.ID)), `,"agent":`...)
		if r.Agent == nil {
			return append(b, "null}"...)
		}
		return append(AppendRecord(b, r.Agent), '}')
	})
	return append(AppendText(append(b, `,"token":`...), string(token)), '}')
}

func appendList[T any](b []byte, list []T, each func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = each(b, v)
	}
	return append(b, ']')
}
