package wire

import (
	"strconv"

	"roster"
)

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

// BatchResultBytes is about what one result of a batch takes.
const BatchResultBytes = 96

// AppendBatch appends what became of a batch, in the order of its items; only an item
// that was refused has an error.
func AppendBatch(b []byte, results []roster.BatchResult, token roster.Token) []byte {
	b = appendList(append(b, `{"results":`...), results, func(b []byte, r roster.BatchResult) []byte {
		b = AppendText(append(b, `{"id":`...), string(r.ID))
		b = AppendText(append(b, `,"outcome":`...), string(r.Outcome))
		b = strconv.AppendUint(append(b, `,"revision":`...), uint64(r.Revision), 10)
		if r.Err != nil {
			b = append(append(b, `,"error":`...), ProblemOf(r.Err).Marshal()...)
		}
		return append(b, '}')
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

// TokenList is the answer to who lists access tokens.
type TokenList struct {
	Tokens []roster.AccessToken `json:"tokens"`
}

// TokenMade is the answer to who makes one: its secret is told this once.
type TokenMade struct {
	Token  roster.AccessToken `json:"token"`
	Secret string             `json:"secret"`
}
