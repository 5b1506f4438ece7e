package intake

import (
	"strings"

	"roster"
)

// Pairs splits the values of a flag that takes key=value.
func Pairs(flag string, values []string) ([]roster.Pair, error) {
	out := make([]roster.Pair, 0, len(values))
	for _, value := range values {
		key, text, ok := strings.Cut(value, "=")
		if !ok || key == "" {
			return nil, roster.Invalid("--"+flag, "%q: want key=value", value)
		}
		out = append(out, roster.Pair{Key: key, Value: text})
	}
	return out, nil
}

// StringMap returns the values of a flag that takes key=value as a map.
func StringMap(flag string, values []string) (map[string]string, error) {
	list, err := Pairs(flag, values)
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(list))
	for _, p := range list {
		if _, twice := out[p.Key]; twice {
			return nil, roster.Invalid("--"+flag, "%q is there twice", p.Key)
		}
		out[p.Key] = p.Value
	}
	return out, nil
}

// Capabilities reads name or name@version. The last @ divides, because names may
// hold some, but not in front: "@scope/name" has no version.
func Capabilities(values []string) []roster.Capability {
	out := make([]roster.Capability, len(values))
	for i, value := range values {
		out[i].Name = value
		if at := strings.LastIndexByte(value, '@'); at > 0 {
			out[i].Name, out[i].Version = value[:at], value[at+1:]
		}
	}
	return out
}

// Endpoints reads name=url, or a bare URL for an endpoint without a name.
func Endpoints(values []string) ([]roster.Endpoint, error) {
	out := make([]roster.Endpoint, len(values))
	for i, value := range values {
		name, url, ok := strings.Cut(value, "=")
		if !ok || strings.Contains(name, "://") {
			name, url = "", value
		}
		if url == "" {
			return nil, roster.Invalid("--endpoint", "%q: want name=url", value)
		}
		out[i] = roster.Endpoint{Name: name, URL: url}
	}
	return out, nil
}

// Merged returns the patch of a map: what to set, and null for what to take off.
func Merged(flag string, set, remove []string) (map[string]*string, error) {
	values, err := StringMap(flag, set)
	if err != nil {
		return nil, err
	}
	out := make(map[string]*string, len(values)+len(remove))
	for key, value := range values {
		out[key] = &value
	}
	for _, key := range remove {
		if out[key] != nil {
			return nil, roster.Invalid("--un"+flag, "--%s names %q, too", flag, key)
		}
		out[key] = nil
	}
	return out, nil
}
