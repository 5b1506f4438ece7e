package wire

import (
	"strconv"
	"time"
	"unicode/utf8"

	"roster"
)

// AppendRecord appends r as the API shows an agent. It is what json.Marshal would
// write, several times faster, because look-ups do little else.
func AppendRecord(b []byte, r *roster.Record) []byte {
	b = AppendText(append(b, `{"id":`...), string(r.ID))
	b = append(b, `,"capabilities":[`...)
	for i, c := range r.Capabilities {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendText(append(b, `{"name":`...), c.Name)
		b = AppendText(append(b, `,"version":`...), c.Version)
		b = append(appendMap(append(b, `,"attributes":`...), c.Attributes), '}')
	}
	b = appendMap(append(b, `],"labels":`...), r.Labels)
	b = append(b, `,"endpoints":[`...)
	for i, e := range r.Endpoints {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendText(append(b, `{"name":`...), e.Name)
		b = append(AppendText(append(b, `,"url":`...), e.URL), '}')
	}
	b = AppendText(append(b, `],"description":`...), r.Description)
	b = appendMap(append(b, `,"metadata":`...), r.Metadata)
	if r.Session != "" {
		b = AppendText(append(b, `,"session":`...), string(r.Session))
	}
	if r.OnEnd != "" {
		b = AppendText(append(b, `,"on_end":`...), string(r.OnEnd))
	}
	return append(appendKnown(b, r), '}')
}

// appendKnown appends what the registry itself knows of the agent.
func appendKnown(b []byte, r *roster.Record) []byte {
	b = AppendText(append(b, `,"owner":{"kind":`...), string(r.Owner.Kind))
	b = AppendText(append(b, `,"id":`...), r.Owner.ID)
	b = AppendText(append(b, `},"status":`...), string(r.Status))
	b = AppendText(append(b, `,"health":{"state":`...), string(r.Health.State))
	b = AppendText(append(b, `,"reason":`...), r.Health.Reason)
	b = AppendText(append(b, `},"node":`...), string(r.Node))
	b = strconv.AppendUint(append(b, `,"epoch":`...), uint64(r.Epoch), 10)
	b = strconv.AppendUint(append(b, `,"revision":`...), uint64(r.Revision), 10)
	b = strconv.AppendUint(append(b, `,"shard":`...), uint64(r.Shard), 10)
	b = appendTime(append(b, `,"created_at":`...), r.CreatedAt)
	return appendTime(append(b, `,"updated_at":`...), r.UpdatedAt)
}

// AppendEvent appends the data of a watch event.
func AppendEvent(b []byte, e roster.Event) []byte {
	r := e.After
	if r == nil {
		r = e.Before
	}
	if r == nil {
		return append(b, "{}"...)
	}
	b = AppendText(append(b, `{"id":`...), string(r.ID))
	b = strconv.AppendUint(append(b, `,"revision":`...), uint64(r.Revision), 10)
	b = strconv.AppendUint(append(b, `,"shard":`...), uint64(e.Shard), 10)
	b = strconv.AppendUint(append(b, `,"index":`...), uint64(e.Index), 10)
	return append(AppendRecord(append(b, `,"agent":`...), r), '}')
}

func appendTime(b []byte, w roster.WallTime) []byte {
	return append(w.Time().AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

func appendMap(b []byte, m roster.Map) []byte {
	b = append(b, '{')
	for i, p := range m {
		if i > 0 {
			b = append(b, ',')
		}
		b = AppendText(append(AppendText(b, p.Key), ':'), p.Value)
	}
	return append(b, '}')
}

const hexDigits = "0123456789abcdef"

// AppendText appends s as a JSON string. U+2028 and U+2029 are escaped because old
// JavaScript takes them for the end of a line.
func AppendText(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
				b = append(append(b, s[start:i]...), escapeByte(c)...)
				start = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if (r == utf8.RuneError && size == 1) || r == '\u2028' || r == '\u2029' {
			b = append(append(b, s[start:i]...), `\u`...)
			for shift := 12; shift >= 0; shift -= 4 {
				b = append(b, hexDigits[r>>shift&15])
			}
			start = i + size
		}
		i += size
	}
	return append(append(b, s[start:]...), '"')
}

func escapeByte(c byte) string {
	switch c {
	case '"':
		return `\"`
	case '\\':
		return `\\`
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	return `\u00` + string([]byte{hexDigits[c>>4], hexDigits[c&15]})
}
