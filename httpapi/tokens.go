package httpapi

import (
	"net/http"

	"roster"
	"roster/httpapi/wire"
)

func (c *call) listTokens() error {
	tokens, err := c.api.service.Tokens(c.r.Context())
	return told(c, wire.TokenList{Tokens: tokens}, err)
}

// createToken makes a token. No request makes it exactly once, because the secret is
// kept by nobody: the answer to a repetition could not hold it.
func (c *call) createToken() error {
	if err := c.notTwice(); err != nil {
		return err
	}
	wanted, err := decoded(c, wire.DecodeToken)
	if err != nil {
		return err
	}
	token, secret, err := c.api.service.CreateToken(c.r.Context(), wanted)
	if err != nil {
		return err
	}
	c.head("Cache-Control", "no-store")
	return shown(c, http.StatusCreated, wire.TokenMade{Token: token, Secret: secret})
}

func (c *call) revokeToken() error {
	if err := c.notTwice(); err != nil {
		return err
	}
	id := c.r.PathValue("id")
	if roster.SessionID(id).Validate() != nil {
		return roster.Invalid("id", "no token has such an id: GET /v1/tokens lists them")
	}
	if err := c.noBody(); err != nil {
		return err
	}
	if err := c.api.service.RevokeToken(c.r.Context(), id); err != nil {
		return err
	}
	c.WriteHeader(http.StatusNoContent)
	return nil
}

// notTwice refuses the headers of exactly once where they would promise too much.
func (c *call) notTwice() error {
	for _, name := range [...]string{"Roster-Request", "Idempotency-Key"} {
		if len(c.r.Header[name]) > 0 {
			return roster.Invalid(name, "%s has no meaning on this route", name)
		}
	}
	return nil
}

func (c *call) keyring() error {
	ring, err := c.api.service.Keyring(c.r.Context(), roster.KeyChange{})
	return told(c, ring, err)
}

func (c *call) changeKeyring() error {
	change, err := decoded(c, wire.DecodeKeyChange)
	if err != nil {
		return err
	}
	ring, err := c.api.service.Keyring(c.r.Context(), change)
	return told(c, ring, err)
}
