package canary_test

import (
	"fmt"
	"slices"
	"testing"

	"roster/agentpool/warm/canary"
)

type inner struct {
	text string
	next *inner
}

// places can hold a mark in every way that Find promises to see.
type places struct {
	Text    string
	hidden  string
	bytes   []byte
	array   [40]byte
	list    []inner
	byKey   map[string]int
	byValue map[int]*inner
	boxed   any
	ring    *inner
}

// TestFind: in each place the mark is found, by its path, and found nowhere once it is gone.
// Each row is a control of the others: an instance without the mark yields nothing.
func TestFind(t *testing.T) {
	mark := canary.Mark()
	in := "before " + mark + " after"
	list := []inner{{text: "a"}, {text: in}}
	for _, c := range []struct {
		want string
		put  func(*places)
	}{
		{"v.Text", func(p *places) { p.Text = in }},
		{"v.hidden", func(p *places) { p.hidden = in }},
		{"v.bytes", func(p *places) { p.bytes = []byte(in)[:0] }}, // beyond the length
		{"v.array", func(p *places) { copy(p.array[:], mark) }},
		{"v.list[1].text", func(p *places) { p.list = list[:1] }},
		{"v.byKey[" + in + "] (the key)", func(p *places) { p.byKey = map[string]int{in: 1} }},
		{"v.byValue[7].text", func(p *places) { p.byValue = map[int]*inner{7: {text: in}} }},
		{"v.boxed.text", func(p *places) { p.boxed = inner{text: in} }},
		{"v.boxed.next.text", func(p *places) { p.boxed = &inner{next: &inner{text: in}} }},
		{"v.ring.next.text", func(p *places) { p.ring = &inner{}; p.ring.next = &inner{in, p.ring} }},
	} {
		var p places
		c.put(&p)
		if found := canary.Find(&p, mark); !slices.Equal(found, []string{c.want}) {
			t.Errorf("found %q, want %s", found, c.want)
		}
		if other := canary.Find(&p, canary.Mark()); other != nil {
			t.Errorf("%s: found another mark at %q", c.want, other)
		}
		p = places{}
		if found := canary.Find(&p, mark); found != nil {
			t.Errorf("%s: forgotten, and still found at %q", c.want, found)
		}
	}
}

func Example() {
	type notebook struct{ pages []string }
	mark := canary.Mark()
	book := &notebook{pages: []string{"a secret: " + mark}}

	book.pages = book.pages[:0] // the page is still there, behind the end
	fmt.Println(canary.Find(book, mark))
	clear(book.pages[:cap(book.pages)])
	fmt.Println(canary.Find(book, mark))
	// Output:
	// [v.pages[0]]
	// []
}
