package canary

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"reflect"
	"strings"
)

// DepthMax bounds how deep Find walks; a list that is longer is not seen to its end.
const DepthMax = 10_000

// Mark returns a text that stands nowhere else.
func Mark() string { return "canary-" + rand.Text() }

// Find returns the paths to every text and every run of bytes in v that contains mark, such
// as "v.pages[3].text"; none if it has been forgotten.
func Find[T any](v T, mark string) []string {
	w := walk{mark: mark, seen: make(map[visit]bool)}
	w.value(reflect.ValueOf(&v).Elem(), "v", 0)
	return w.found
}

type walk struct {
	mark  string
	seen  map[visit]bool
	found []string
}

// visit is a place that has been looked at. The type belongs to it: a struct and its first
// field have one address. A slice's length does, too.
type visit struct {
	at  uintptr
	of  reflect.Type
	len int
}

// fresh reports whether a place has not been looked at.
func (w *walk) fresh(v reflect.Value, length int) bool {
	at := visit{v.Pointer(), v.Type(), length}
	seen := w.seen[at]
	w.seen[at] = true
	return !seen
}

// value looks at one value.
func (w *walk) value(v reflect.Value, path string, depth int) {
	if depth > DepthMax {
		return
	}
	switch v.Kind() {
	case reflect.String:
		w.text(strings.Contains(v.String(), w.mark), path)
	case reflect.Pointer:
		if !v.IsNil() && w.fresh(v, 0) {
			w.value(v.Elem(), path, depth+1)
		}
	case reflect.Interface:
		if !v.IsNil() {
			w.value(v.Elem(), path, depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			w.value(v.Field(i), path+"."+v.Type().Field(i).Name, depth+1)
		}
	case reflect.Slice:
		if !v.IsNil() && w.fresh(v, v.Cap()) {
			w.elements(v.Slice(0, v.Cap()), path, depth)
		}
	case reflect.Array:
		w.elements(v, path, depth)
	case reflect.Map:
		if !v.IsNil() && w.fresh(v, 0) {
			w.entries(v, path, depth)
		}
	}
}

func (w *walk) text(found bool, path string) {
	if found {
		w.found = append(w.found, path)
	}
}

// elements looks at a slice or an array; bytes are looked at as one text.
func (w *walk) elements(v reflect.Value, path string, depth int) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		all := make([]byte, v.Len())
		for i := range all {
			all[i] = byte(v.Index(i).Uint())
		}
		w.text(bytes.Contains(all, []byte(w.mark)), path)
		return
	}
	for i := range v.Len() {
		w.value(v.Index(i), fmt.Sprintf("%s[%d]", path, i), depth+1)
	}
}

func (w *walk) entries(v reflect.Value, path string, depth int) {
	for entry := v.MapRange(); entry.Next(); {
		key := fmt.Sprintf("%s[%v]", path, entry.Key())
		w.value(entry.Key(), key+" (the key)", depth+1)
		w.value(entry.Value(), key, depth+1)
	}
}
