package placement

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"roster"
)

// In JSON an amount of CPU is a text such as "1500m" or "2", in cores, and one of memory a
// text such as "64MiB"; plain numbers, 0.5 or 67108864, are read too.

type amounts struct {
	CPU    cores `json:"cpu,omitempty"`
	Memory Size  `json:"memory,omitempty"`
}

// MarshalJSON writes amounts with their units.
func (r Resources) MarshalJSON() ([]byte, error) {
	return json.Marshal(amounts{cores(r.CPU), Size(r.Memory)})
}

// UnmarshalJSON reads what people write. The error is Invalid.
func (r *Resources) UnmarshalJSON(data []byte) error {
	var a amounts
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&a); err != nil {
		return err
	}
	*r = Resources{int64(a.CPU), int64(a.Memory)}
	return nil
}

type usage struct {
	Resources Resources `json:"resources"`
	Agents    int       `json:"agents"`
}

// MarshalJSON writes the amounts beside the number of agents.
func (u Usage) MarshalJSON() ([]byte, error) { return json.Marshal(usage{u.Resources, u.Agents}) }

// UnmarshalJSON reads what MarshalJSON wrote.
func (u *Usage) UnmarshalJSON(data []byte) error {
	var x usage
	err := json.Unmarshal(data, &x)
	*u = Usage{x.Resources, x.Agents}
	return err
}

type cores int64

func (c cores) MarshalJSON() ([]byte, error) {
	if c%1000 == 0 {
		return json.Marshal(strconv.FormatInt(int64(c)/1000, 10))
	}
	return json.Marshal(strconv.FormatInt(int64(c), 10) + "m")
}

// coresMax bounds an amount of CPU, in cores.
const coresMax = 1 << 20

func (c *cores) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	v, ok := thousandths(text)
	if !ok || v > coresMax*1000 {
		return roster.Invalid("cpu", "%.40q: want cores, such as 2 or 0.5, or thousandths, such as 500m", text)
	}
	*c = cores(v)
	return nil
}

// thousandths reads "500m", "2" or "0.125".
func thousandths(text string) (int64, bool) {
	if milli, ok := strings.CutSuffix(text, "m"); ok {
		v, err := strconv.ParseUint(milli, 10, 40)
		return int64(v), err == nil
	}
	whole, part, _ := strings.Cut(text, ".")
	v, err := strconv.ParseUint(whole+(part + "000")[:3], 10, 40)
	return int64(v), err == nil && len(part) <= 3 && whole != ""
}

// Size is a number of bytes; in JSON a text such as "64MiB", or a plain number.
type Size int64

var units = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"", 1}}

// MarshalJSON writes the largest unit that divides s.
func (s Size) MarshalJSON() ([]byte, error) {
	for _, u := range units[:3] {
		if s > 0 && int64(s)%u.bytes == 0 {
			return json.Marshal(strconv.FormatInt(int64(s)/u.bytes, 10) + u.name)
		}
	}
	return json.Marshal(int64(s))
}

// UnmarshalJSON reads what people write. The error is Invalid.
func (s *Size) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if v, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64); ok && err == nil && v >= 0 && v <= math.MaxInt64/u.bytes {
			*s = Size(v * u.bytes)
			return nil
		}
	}
	return roster.Invalid("memory", "%.40q: want bytes, or a whole number with KiB, MiB or GiB", text)
}
