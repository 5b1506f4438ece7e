package roster

import "testing"

func TestReadersAsText(t *testing.T) {
	for text, want := range map[string]Readers{"all": ReadersAll, "none": ReadersNone, "0": ReadersNone, "1": 1, "64": 64} {
		r, err := ReadersOf(text)
		if err != nil || r != want {
			t.Errorf("%q is %v, %v; want %v", text, r, err, want)
		}
		if again, err := ReadersOf(r.String()); err != nil || again != r || r.Validate() != nil {
			t.Errorf("%v is read back as %v, %v", r, again, err)
		}
	}
	for _, text := range []string{"", "some", "-1", "65", "1.5"} {
		if r, err := ReadersOf(text); CodeOf(err) != CodeInvalid {
			t.Errorf("%q is %v, %v", text, r, err)
		}
	}
	if CodeOf(Readers(65).Validate()) != CodeInvalid || CodeOf(Readers(-2).Validate()) != CodeInvalid {
		t.Error("a count beyond its bounds is valid")
	}
}
