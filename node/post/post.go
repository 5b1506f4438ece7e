package post

import (
	"context"
	"log/slog"
	"time"

	"roster"
	"roster/mailbox"
)

// The methods by which nodes ask each other.
const (
	MethodPut   uint8 = 30 // a message for a mailbox
	MethodTake  uint8 = 31 // what is in a mailbox
	MethodReply uint8 = 32 // an answer for who waits here
	MethodProve uint8 = 33 // is this the secret of an activation that runs here?
	MethodState uint8 = 34 // how full a mailbox is
	MethodMove  uint8 = 35 // the contents of a mailbox whose agent lives here now
)

// Bounds of what a node holds.
const (
	WaitingMax   = 16_384    // senders that wait for an answer
	AwayMax      = 256       // receivers whose mailbox is on another node, which wait here
	BytesMax     = 256 << 20 // of all mailboxes
	moveMessages = 256       // of one hand-over
	moveBytes    = 1 << 20
	// sweepEvery is how often mailboxes are looked at whose agent may have moved.
	sweepEvery = time.Second
	// waitersEvery is after how many sweeps mailboxes are looked at for which somebody waits
	// and in which nothing is.
	waitersEvery = 5
	// movingMax bounds the mailboxes that are handed over at a time.
	movingMax = 16
	// tellWithin is how long it may take to tell a sender that there will be no answer.
	tellWithin = 200 * time.Millisecond
	// triesMax is how often a message is brought to who may have the mailbox.
	triesMax = 12
)

// Config says what a Post works with. All but Logger is needed.
type Config struct {
	Self roster.NodeID
	Look func(context.Context, roster.AgentID, roster.Read) (*roster.Record, roster.Stamp, error)
	Find func(context.Context, roster.Query) (roster.Page, error)
	// Leader returns who leads a shard, or may know; "" if nobody knows.
	Leader func(roster.ShardID) roster.NodeID
	Call   func(ctx context.Context, to roster.NodeID, method uint8, body []byte) ([]byte, error)
	// Limits returns those of the mailbox of an agent that is placed here.
	Limits func(roster.AgentID) mailbox.Limits
	// Proves reports whether a secret is that of an activation that runs here.
	Proves func(a roster.Actor, secret string) bool
	// Wake has an agent run that is not there, and to which there is a message, and reports
	// whether it will be; nil: nobody is woken.
	Wake func(context.Context, roster.AgentID) bool
	// Held reports whether agents may run on this node.
	Held   func() bool
	Logger *slog.Logger // nil discards
}

// Post is a node's part in bringing messages. Make one with New. It is a mailbox.Service.
type Post struct {
	config Config
	boxes  boxes
	waiter waiter
	away   chan struct{} // a token for each receiver that waits for another node
	closed context.Context
	end    context.CancelFunc
}

var _ mailbox.Service = (*Post)(nil)

// New returns a Post without messages.
func New(c Config) *Post {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Post{config: c, away: make(chan struct{}, AwayMax)}
	p.boxes.init()
	p.waiter.init()
	p.closed, p.end = context.WithCancel(context.Background())
	return p
}

// Close ends all that wait. What is in the mailboxes is lost.
func (p *Post) Close() { p.end() }

// Methods reports whether a method is one of this package's.
func Methods(method uint8) bool { return method >= MethodPut && method <= MethodMove }

// Waiting returns how many bytes of messages are here for an agent.
func (p *Post) Waiting(id roster.AgentID) int {
	x := p.boxes.known(id)
	if x == nil {
		return 0
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.mu.State().Bytes
}
