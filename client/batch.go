package client

import (
	"context"
	"encoding/json"
	"net/http"

	"roster"
	"roster/client/problem"
)

// batchBody is what /v1/agents:register takes.
type batchBody struct {
	Agents []roster.Agent `json:"agents"`
	Mode   roster.Mode    `json:"mode"`
}

// batchAnswer is what it gives back.
type batchAnswer struct {
	Results []batchResult `json:"results"`
	Token   roster.Token  `json:"token"`
}

type batchResult struct {
	ID       roster.AgentID   `json:"id"`
	Outcome  roster.Outcome   `json:"outcome"`
	Revision roster.Index     `json:"revision"`
	Error    *problem.Problem `json:"error"`
}

// RegisterBatch carries out up to BatchMax registrations. Items of one mode travel
// together; an item with a condition, which the batch of the API cannot carry,
// travels alone.
func (c *Client) RegisterBatch(ctx context.Context, items []roster.Register) ([]roster.BatchResult, roster.Token, error) {
	if len(items) > roster.BatchMax {
		return nil, "", roster.Errorf(roster.CodeTooLarge, "%d agents; at most %d in one batch", len(items), roster.BatchMax)
	}
	if len(items) == 0 {
		return []roster.BatchResult{}, "", nil
	}
	request, end := c.requestOf(ctx, len(items))
	defer end()
	ctx, cancel := c.bound(ctx, 0)
	defer cancel()
	var results []roster.BatchResult
	var token roster.Token
	for first := 0; first < len(items); {
		last := runEnd(items, first)
		part := request
		part.Seq += uint64(first)
		got, seen, err := c.registerRun(ctx, part, items[first:last])
		if err != nil && first == 0 {
			return nil, "", err
		}
		if err != nil {
			got = failed(items[first:last], err)
		}
		results = append(results, got...)
		token = merge(token, seen)
		first = last
	}
	return results, token, nil
}

// runEnd returns where the run of items that travel together with items[first] ends.
func runEnd(items []roster.Register, first int) int {
	end := first + 1
	for !conditional(items[first]) && end < len(items) && items[end].Mode == items[first].Mode && !conditional(items[end]) {
		end++
	}
	return end
}

func conditional(r roster.Register) bool { return r.IfMatch != 0 || r.IfAbsent }

// registerRun sends items that travel together, again and again under the same
// request while some of them were not executed or have an unknown fate.
func (c *Client) registerRun(ctx context.Context, request roster.Request, items []roster.Register) ([]roster.BatchResult, roster.Token, error) {
	if conditional(items[0]) {
		return c.registerOne(ctx, request, items[0])
	}
	body := batchBody{Agents: make([]roster.Agent, len(items)), Mode: items[0].Mode}
	for i, item := range items {
		body.Agents[i] = item.Agent.Canonical()
	}
	if body.Mode == "" {
		body.Mode = roster.ModeCreate
	}
	r := withBody(call{
		policy: policy{write: true, what: "register batch"}, method: http.MethodPost,
		path: "/v1/agents:register", request: request,
	}, body)
	var got batchAnswer
	_, err := c.exchange(ctx, r, func(raw []byte) error {
		got = batchAnswer{}
		if err := json.Unmarshal(raw, &got); err != nil {
			return err
		}
		return got.unsettled(len(items))
	})
	if err != nil && len(got.Results) != len(items) {
		return nil, "", err
	}
	return got.results(), got.Token, nil
}

// registerOne sends an item that travels alone.
func (c *Client) registerOne(ctx context.Context, request roster.Request, item roster.Register) ([]roster.BatchResult, roster.Token, error) {
	change, stamp, err := c.Register(roster.WithRequest(ctx, request), item)
	if err != nil {
		return failed([]roster.Register{item}, err), stamp.Token, nil
	}
	return []roster.BatchResult{{ID: item.Agent.ID, Outcome: change.Outcome, Revision: change.Record.Revision}}, stamp.Token, nil
}

// unsettled returns the error of an item that is worth another try, nil if none is.
func (a batchAnswer) unsettled(want int) error {
	if len(a.Results) != want {
		return roster.Errorf(roster.CodeInternal, "%d results for %d agents", len(a.Results), want)
	}
	for _, result := range a.Results {
		if result.Error != nil && fateOf(result.Error.Code) != decided {
			return result.Error.Error()
		}
	}
	return nil
}

func (a batchAnswer) results() []roster.BatchResult {
	out := make([]roster.BatchResult, len(a.Results))
	for i, r := range a.Results {
		out[i] = roster.BatchResult{ID: r.ID, Outcome: r.Outcome, Revision: r.Revision}
		if r.Error != nil {
			out[i].Err = r.Error.Error()
		}
	}
	return out
}

// failed gives every item the error of the call that carried it.
func failed(items []roster.Register, err error) []roster.BatchResult {
	out := make([]roster.BatchResult, len(items))
	for i, item := range items {
		out[i] = roster.BatchResult{ID: item.Agent.ID, Outcome: roster.OutcomeRefused, Err: err}
	}
	return out
}

// merge joins two tokens of this API; of two that cannot be joined the newer is
// the better one.
func merge(a, b roster.Token) roster.Token {
	token, err := roster.MergeTokens(a, b)
	if err != nil {
		return b
	}
	return token
}
