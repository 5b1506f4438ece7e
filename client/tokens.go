package client

import (
	"context"
	"net/http"
	"net/url"

	"roster"
)

// Tokens lists the access tokens.
func (c *Client) Tokens(ctx context.Context) ([]roster.AccessToken, error) {
	got, _, err := send[struct{ Tokens []roster.AccessToken }](ctx, c, get("/v1/tokens"))
	return got.Tokens, err
}

// CreateToken makes an access token and returns its secret, which is told this once.
func (c *Client) CreateToken(ctx context.Context, t roster.NewToken) (roster.AccessToken, string, error) {
	type body struct {
		Name  string           `json:"name"`
		Rules []string         `json:"rules"`
		TTL   *roster.Duration `json:"ttl,omitempty"` // one of 0 is not sent
	}
	type made struct {
		Token  roster.AccessToken `json:"token"`
		Secret string             `json:"secret"`
	}
	b := body{Name: t.Name, Rules: t.Rules}
	if b.Rules == nil {
		b.Rules = []string{}
	}
	if t.TTL != 0 {
		b.TTL = &t.TTL
	}
	got, _, err := send[made](ctx, c, withBody(call{policy: policy{write: true, once: true, what: "create token"}, method: http.MethodPost, path: "/v1/tokens"}, b))
	return got.Token, got.Secret, err
}

// RevokeToken takes an access token away. Repeated after an answer that was lost, it may
// find the token gone.
func (c *Client) RevokeToken(ctx context.Context, id string) error {
	if roster.SessionID(id).Validate() != nil {
		return roster.Errorf(roster.CodeNotFound, "no token has such an id")
	}
	_, err := c.exchange(ctx, call{policy: policy{write: true, once: true, what: "revoke token"}, method: http.MethodDelete, path: "/v1/tokens/" + url.PathEscape(id)}, nil)
	return err
}

// Keyring says which cluster keys each node holds, or changes that.
func (c *Client) Keyring(ctx context.Context, change roster.KeyChange) (roster.Keyring, error) {
	r := get("/v1/keyring")
	if change.Act != roster.KeyList {
		r = withBody(post("/v1/keyring", "change the cluster key"), change)
	}
	ring, _, err := send[roster.Keyring](ctx, c, r)
	return ring, err
}
