package client

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"roster"
	"roster/access"
	"roster/client/trust"
)

// AddressEnv and TokenEnv name the environment variables that DefaultConfig reads.
const (
	AddressEnv = "ROSTER_ADDR"
	TokenEnv   = "ROSTER_TOKEN"
)

// DefaultAddress is where a node listens when nobody says otherwise.
const DefaultAddress = "127.0.0.1:7400"

const (
	defaultPort     = "7400"
	addressesMax    = 64
	retryMinDefault = 25 * time.Millisecond
	retryMaxDefault = time.Second
	userAgent       = "roster-client"
)

// Config says which nodes to speak to and how hard to try. The zero value speaks to
// DefaultAddress.
type Config struct {
	// Addresses are the nodes to try, in order of preference: "host", "host:port" or
	// a URL of scheme http or https without a path. Empty: DefaultAddress. At most 64.
	Addresses []string
	// Token is the access token that every request shows; empty: none. No error and no
	// log tells it.
	Token string
	// TLS says whom to trust; where it says anything, addresses without a scheme are
	// those of HTTPS. It has no effect on an HTTPClient of the caller's.
	TLS trust.Files
	// HTTPClient sends the requests; nil: one of its own with a pool that fits heavy
	// use. Its Timeout must be zero, or it cuts watches and holds.
	HTTPClient *http.Client
	// RetryMin and RetryMax bound the jittered pause between tries; 0: 25 ms and 1 s.
	RetryMin, RetryMax time.Duration
	// RetryFor bounds how long one call is tried where its context allows longer;
	// 0: roster.RetryFor, which it may not exceed.
	RetryFor time.Duration
	// ConnectFor bounds how long a call is tried while no address accepts a connection;
	// 0: as long as any call.
	ConnectFor time.Duration
	// UserAgent is sent with every request; empty: "roster-client".
	UserAgent string
	// Logger hears of fail-over and retries at debug level; nil: nobody.
	Logger *slog.Logger

	dialer *trust.Dialer // of an HTTPClient of our own
}

// DefaultConfig returns the Config for the addresses in ROSTER_ADDR, the token in
// ROSTER_TOKEN, and the files in ROSTER_CA, ROSTER_CLIENT_CERT and ROSTER_CLIENT_KEY.
func DefaultConfig() Config {
	return Config{Addresses: SplitAddresses(os.Getenv(AddressEnv)), Token: os.Getenv(TokenEnv), TLS: trust.FromEnv(os.Getenv)}
}

// SplitAddresses splits a comma-separated list, leaving out what is empty.
func SplitAddresses(list string) []string {
	var out []string
	for address := range strings.SplitSeq(list, ",") {
		if address = strings.TrimSpace(address); address != "" {
			out = append(out, address)
		}
	}
	return out
}

// Validate reports every fault of the configuration.
func (c Config) Validate() error {
	var faults []error
	if len(c.Addresses) > addressesMax {
		faults = append(faults, roster.Invalid("Addresses", "%d addresses; at most %d", len(c.Addresses), addressesMax))
	}
	for _, address := range c.Addresses {
		if _, err := baseURL(address, c.TLS.Scheme()); err != nil {
			faults = append(faults, err)
		}
	}
	if c.Token != "" && !access.IsSecret(c.Token) {
		faults = append(faults, roster.Invalid("Token", "it has not the form of an access token: want rst_ and %d characters", access.SecretLen-len("rst_")))
	}
	if _, err := c.TLS.Config(); err != nil {
		faults = append(faults, err)
	}
	if c.RetryMin < 0 || c.RetryMax < 0 || (c.RetryMax != 0 && c.RetryMin > c.RetryMax) {
		faults = append(faults, roster.Invalid("RetryMin", "want 0 <= RetryMin <= RetryMax"))
	}
	if c.RetryFor < 0 || c.RetryFor > roster.RetryFor {
		faults = append(faults, roster.Invalid("RetryFor", "want 0 to %v: servers forget requests after that", roster.RetryFor))
	}
	if c.ConnectFor < 0 {
		faults = append(faults, roster.Invalid("ConnectFor", "want 0 or more"))
	}
	return errors.Join(faults...)
}

// withDefaults fills in what the zero values stand for.
func (c Config) withDefaults() (Config, error) {
	if len(c.Addresses) == 0 {
		c.Addresses = []string{DefaultAddress}
	}
	if c.HTTPClient == nil {
		own, err := c.TLS.Config()
		if err != nil {
			return c, err
		}
		c.dialer = &trust.Dialer{Dialer: net.Dialer{Timeout: dialMax, KeepAlive: 15 * time.Second}, TLS: own, Limit: dialMax}
		c.HTTPClient = newHTTPClient(c.dialer)
	}
	if c.RetryMin == 0 {
		c.RetryMin = retryMinDefault
	}
	if c.RetryMax == 0 {
		c.RetryMax = max(retryMaxDefault, c.RetryMin)
	}
	if c.RetryFor == 0 {
		c.RetryFor = roster.RetryFor
	}
	if c.UserAgent == "" {
		c.UserAgent = userAgent
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// baseURL turns an address into "scheme://host:port".
func baseURL(address, scheme string) (string, error) {
	raw := address
	if !strings.Contains(raw, "://") {
		raw = scheme + "://" + raw
	}
	bad := roster.Invalid("address", "%q: want host:port, http://host:port or https://host:port", address)
	u, err := url.Parse(raw)
	switch {
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "",
		u.User != nil, u.Path != "" && u.Path != "/", u.RawQuery != "", u.Fragment != "":
		return "", bad
	}
	port := u.Port()
	if port == "" {
		if strings.HasSuffix(u.Host, ":") {
			return "", bad
		}
		port = defaultPort
		if strings.HasPrefix(address, "https://") {
			port = "443"
		}
	}
	return fmt.Sprintf("%s://%s", u.Scheme, net.JoinHostPort(u.Hostname(), port)), nil
}

// newHTTPClient returns a client whose pool keeps one connection for each of many
// concurrent callers, and which follows no redirect: the API sends none, so one
// would come from something else.
func newHTTPClient(dialer *trust.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:           dialer.DialContext,
			DialTLSContext:        dialer.Dial,
			MaxIdleConns:          1024,
			MaxIdleConnsPerHost:   256,
			IdleConnTimeout:       90 * time.Second,
			ExpectContinueTimeout: time.Second,
			ForceAttemptHTTP2:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
