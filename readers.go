package roster

import "strconv"

// Readers says how many nodes hold a replica of each shard of agents beside its voters:
// ReadersAll, ReadersNone, or a count of 1 to ReadersMax. Every node holds the system
// shard. As text it is "all", "none" or the count.
type Readers int

// The two that are no count.
const (
	ReadersAll  Readers = 0 // every node that does not vote
	ReadersNone Readers = -1
)

// Validate refuses (Invalid) what is none of the three.
func (r Readers) Validate() error {
	if r < ReadersNone || r > ReadersMax {
		return Invalid("readers", "%d readers: want all, none or 1 to %d", int(r), ReadersMax)
	}
	return nil
}

// ReadersOf reads what String wrote.
func ReadersOf(text string) (Readers, error) {
	switch text {
	case "all":
		return ReadersAll, nil
	case "none", "0":
		return ReadersNone, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > ReadersMax {
		return 0, Invalid("readers", "readers %s: want all, none or 1 to %d", quote(text), ReadersMax)
	}
	return Readers(n), nil
}

// String returns "all", "none" or the count.
func (r Readers) String() string {
	switch r {
	case ReadersAll:
		return "all"
	case ReadersNone:
		return "none"
	}
	return strconv.Itoa(int(r))
}

// MarshalText writes what ReadersOf reads.
func (r Readers) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText is ReadersOf.
func (r *Readers) UnmarshalText(text []byte) (err error) {
	*r, err = ReadersOf(string(text))
	return err
}
