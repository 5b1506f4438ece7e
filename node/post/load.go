package post

import (
	"time"

	"roster"
	"roster/mailbox"
)

// Load tells how much an agent has to do whose mailbox is here; nothing, if it has none.
func (p *Post) Load(id roster.AgentID) (l mailbox.Load) {
	if x := p.boxes.known(id); x != nil {
		p.boxes.locked(x, func(x *box) { l = x.mu.Load(time.Now()) })
	}
	return l
}
