package wing

import (
	"net/http"
	"time"

	"roster"
	"roster/mailbox"
)

var errNoMail = roster.Errorf(roster.CodeRefused, "no messages are brought here")

// sendMessage puts a message into the mailbox of the agent that the path names.
func sendMessage(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	var in mailbox.Outgoing
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	if s.Mail == nil {
		return Answer{}, errNoMail
	}
	receipt, err := s.Mail.Send(r.Context, in.Message(id), time.Duration(in.Wait))
	if in.Wait > 0 {
		return shown(http.StatusOK, receipt, err)
	}
	return shown(http.StatusAccepted, receipt, err)
}

// Receipts says what became of each message of a multicast.
type Receipts struct {
	Receipts []mailbox.Receipt `json:"receipts"`
}

func multicast(s Services, r Request) (Answer, error) {
	var in mailbox.Cast
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	if in.Message.Wait != 0 {
		return Answer{}, roster.Invalid("message.wait", "nobody waits for many answers: let them send messages")
	}
	if len(in.Capabilities)+len(in.Namespaces) == 0 && in.Filter == "" {
		return Answer{}, roster.Invalid("capabilities", "say to whom: capabilities, namespaces or a filter")
	}
	if s.Mail == nil {
		return Answer{}, errNoMail
	}
	receipts, err := s.Mail.Multicast(r.Context, in.Message.Message(""), roster.Query{Capabilities: in.Capabilities, Namespaces: in.Namespaces, Filter: in.Filter})
	return shown(http.StatusAccepted, Receipts{receipts}, err)
}

// Messages are what a receiver gets.
type Messages struct {
	Messages []mailbox.Delivery `json:"messages"`
}

func receiveMessages(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	var in mailbox.Receive
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	in.Agent = id
	if s.Mail == nil {
		return Answer{}, errNoMail
	}
	got, err := s.Mail.Receive(r.Context, in)
	if got == nil {
		got = []mailbox.Delivery{}
	}
	a, err := shown(http.StatusOK, Messages{got}, err)
	a.Private = true
	return a, err
}

// replyMessage answers a message.
func replyMessage(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	var in mailbox.Reply
	if err := read(r, &in); err != nil {
		return Answer{}, err
	}
	in.Agent = id
	if s.Mail == nil {
		return Answer{}, errNoMail
	}
	return Answer{Status: http.StatusNoContent}, s.Mail.Reply(r.Context, in)
}

func getMailbox(s Services, r Request) (Answer, error) {
	id, err := agentID(r)
	if err != nil {
		return Answer{}, err
	}
	if s.Mail == nil {
		return Answer{}, errNoMail
	}
	state, err := s.Mail.Mailbox(r.Context, id)
	return shown(http.StatusOK, state, err)
}
