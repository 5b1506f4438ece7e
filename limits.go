package roster

import "time"

// Every bound that a caller can meet, in one place. Lengths are bytes of UTF-8.
const (
	NamespaceMax     = 64
	NameMax          = 128
	SessionIDMax     = 128
	CapabilityMax    = 128 // a capability's name; its version may have VersionMax
	VersionMax       = 128
	CapabilitiesMax  = 256 // capabilities of one agent
	MapKeyMax        = 128 // key of a label, attribute or metadata entry
	LabelValueMax    = 256 // value of a label or attribute
	LabelsMax        = 64  // labels of one agent; attributes of one capability
	MetadataMax      = 256 // metadata entries of one agent
	MetadataValueMax = 32 << 10
	EndpointsMax     = 32
	EndpointNameMax  = 128
	URLMax           = 2 << 10
	DescriptionMax   = 8 << 10
	ReasonMax        = 1 << 10 // why a health is what it is
	AgentBytesMax    = 64 << 10
	SecretMin        = 16
	SecretMax        = 128

	AccessTokensMax = 4096
	TokenNameMax    = 64
	TokenRulesMax   = 64 // rules of one access token
	TokenRuleMax    = 80 // bytes of one rule
	TokenTTLMin     = time.Minute
	TokenTTLMax     = 10 * 365 * 24 * time.Hour

	BatchMax        = 1000
	BatchBytesMax   = 8 << 20
	ListLimit       = 100 // when a query names none
	ListLimitMax    = 1000
	FilterBytesMax  = 8 << 10
	FilterTermsMax  = 64
	TextBytesMax    = 1 << 10
	QueryValuesMax  = 64 // repeated capability=, label= … of one query
	TokenBytesMax   = 8 << 10
	ShardsMax       = 64
	SlotCount       = 4096
	ShardsDefault   = 8
	VotersDefault   = 3
	IdempotencyMax  = 128 // bytes of an Idempotency-Key
	FeedEventsMax   = 65536
	FeedBytesMax    = 16 << 20
	EntryOpsMax     = 1024
	EntryBytesMax   = 900 << 10
	ExpiriesMax     = 1024 // things that expire in one entry
	HopsMax         = 2
	ClientsMax      = 65536 // clients with remembered results, a shard
	ResultsMax      = 4096  // remembered results, a client
	ResultBytesMax  = 64 << 20
	SessionTTLMin   = time.Second
	SessionTTLMax   = 24 * time.Hour
	SessionTTL      = 15 * time.Second
	SessionGrace    = 500 * time.Millisecond // from a held connection's close to its session's end
	RequestDeadline = 5 * time.Second
	CursorWait      = 5 * time.Second // how long a read waits for a token ahead of this replica
	MaxAgeMax       = time.Hour

	// A client that is silent this long, in log time, is forgotten; a client stops
	// retrying RetryFor after first sending, so nothing forgotten runs twice.
	ClientForget LogTime = LogTime(time.Hour)
	RetryFor             = 15 * time.Minute
	// EndedKeep is how long, in log time, a shard refuses an ended session's id.
	EndedKeep LogTime = LogTime(24 * time.Hour)
	// StampStepMax bounds how far log time moves from one entry to the next.
	StampStepMax LogTime = LogTime(5 * time.Second)
	// TickEvery is the longest a leader waits with a Tick while a deadline is pending.
	TickEvery = 2 * time.Second

	NodeLease       LogTime = LogTime(3 * time.Second)
	NodeLeaseRenew          = 400 * time.Millisecond
	NodeLeaseMargin         = 2100 * time.Millisecond // a node fences itself this long after sending the last acknowledged renewal
)
