package certs

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"sync/atomic"
	"time"
)

// PollEvery is how often a source looks at its files.
const PollEvery = 10 * time.Second

// expirySoon is how long before the end of a certificate a source begins to warn.
const expirySoon = 7 * 24 * time.Hour

// Source is the newest good content of files.
type Source struct {
	files   Files
	check   func(*Set) error
	current atomic.Pointer[Set]
	taken   [sha256.Size]byte // content of current
	refused [sha256.Size]byte // content that was last found bad, and told
	warned  time.Time         // when it last warned of the end of the certificate
}

// Open reads the files. check says what else a set must have; it names the file in
// its error, and may be nil.
func Open(f Files, check func(*Set) error) (*Source, error) {
	s := &Source{files: f, check: check}
	c, err := f.read()
	if err != nil {
		return nil, err
	}
	set, err := s.judge(c)
	if err != nil {
		return nil, err
	}
	s.current.Store(set)
	s.taken = c.sum()
	return s, nil
}

// judge makes a set of what was read, if it is good.
func (s *Source) judge(c contents) (*Set, error) {
	set, err := s.files.parse(c)
	if err == nil && s.check != nil {
		err = s.check(set)
	}
	return set, err
}

// Current returns the newest good set.
func (s *Source) Current() *Set { return s.current.Load() }

// Run looks at the files every PollEvery until ctx ends.
func (s *Source) Run(ctx context.Context, log *slog.Logger) {
	tick := time.NewTicker(PollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.look(log)
			s.warn(log, time.Now())
		}
	}
}

// look takes what is new and good. What is bad is told once and looked at again: files
// are replaced one after the other, and a certificate may have yet to begin.
func (s *Source) look(log *slog.Logger) {
	c, err := s.files.read()
	sum := c.sum()
	if err != nil {
		sum = sha256.Sum256([]byte(err.Error()))
	}
	if sum == s.taken {
		s.refused = [sha256.Size]byte{}
		return
	}
	var set *Set
	if err == nil {
		set, err = s.judge(c)
	}
	if err != nil {
		if sum != s.refused {
			log.Error("new certificate not taken; the old one stays in force", "cert", s.files.Cert, "err", err)
		}
		s.refused = sum
		return
	}
	s.current.Store(set)
	s.taken, s.warned = sum, time.Time{}
	log.Info("certificate renewed", "cert", s.files.Cert, "expires", set.Expires())
}

// warn tells once a day that the certificate ends soon.
func (s *Source) warn(log *slog.Logger, now time.Time) {
	left := s.Current().Expires().Sub(now)
	if left > expirySoon || now.Sub(s.warned) < 24*time.Hour {
		return
	}
	s.warned = now
	log.Warn("certificate ends soon: new connections fail from then on", "cert", s.files.Cert, "left", left.Round(time.Minute))
}

// sum identifies what was read.
func (c contents) sum() [sha256.Size]byte {
	h := sha256.New()
	for _, part := range [][]byte{c.ca, c.cert, c.key} {
		one := sha256.Sum256(part)
		h.Write(one[:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}
