package wing

import (
	"net/http"

	"roster"
	"roster/httpapi/wire"
)

func listTokens(s Services, r Request) (Answer, error) {
	tokens, err := s.Tokens(r.Context)
	return shown(http.StatusOK, wire.TokenList{Tokens: tokens}, err)
}

// createToken makes a token. No request makes it exactly once, because the secret is
// kept by nobody: the answer to a repetition could not hold it.
func createToken(s Services, r Request) (Answer, error) {
	if err := notTwice(r); err != nil {
		return Answer{}, err
	}
	body, err := r.Body()
	if err != nil {
		return Answer{}, err
	}
	wanted, err := wire.DecodeToken(body)
	if err != nil {
		return Answer{}, err
	}
	token, secret, err := s.CreateToken(r.Context, wanted)
	a, err := shown(http.StatusCreated, wire.TokenMade{Token: token, Secret: secret}, err)
	a.Private = true
	return a, err
}

func revokeToken(s Services, r Request) (Answer, error) {
	if err := notTwice(r); err != nil {
		return Answer{}, err
	}
	id := r.Call.PathValue("id")
	if roster.SessionID(id).Validate() != nil {
		return Answer{}, roster.Invalid("id", "no token has such an id: GET /v1/tokens lists them")
	}
	if err := r.NoBody(); err != nil {
		return Answer{}, err
	}
	return Answer{Status: http.StatusNoContent}, s.RevokeToken(r.Context, id)
}

// notTwice refuses the headers of exactly once where they would promise too much.
func notTwice(r Request) error {
	for _, name := range [...]string{"Roster-Request", "Idempotency-Key"} {
		if len(r.Call.Header[name]) > 0 {
			return roster.Invalid(name, "%s has no meaning on this route", name)
		}
	}
	return nil
}

func keyring(s Services, r Request) (Answer, error) {
	ring, err := s.Keyring(r.Context, roster.KeyChange{})
	return shown(http.StatusOK, ring, err)
}

func changeKeyring(s Services, r Request) (Answer, error) {
	body, err := r.Body()
	if err != nil {
		return Answer{}, err
	}
	change, err := wire.DecodeKeyChange(body)
	if err != nil {
		return Answer{}, err
	}
	ring, err := s.Keyring(r.Context, change)
	return shown(http.StatusOK, ring, err)
}
