package record

import (
	"fmt"
	"strconv"
)

// Bytes is the length of every record.
const Bytes = 256

// NumberMax is the highest number of a record.
const NumberMax = 999_999_999

// capabilities is how many names of capabilities there are; each is had by as many
// records as any other.
const capabilities = 50

// padding fills a record up to Bytes.
const padding = "Answers politely, in whole sentences, and says what it does not know; asks back when it must, and gives up in time."

// ID returns the key of a record.
func ID(number int) string {
	return string(AppendID(make([]byte, 0, len("bench/k")+9), number))
}

// AppendID appends the key of a record: without fmt, because every request makes one.
func AppendID(to []byte, number int) []byte {
	return digits(append(to, "bench/k"...), uint64(number), 9)
}

// Make returns the record under id. Two versions of one record differ.
func Make(number int, version uint64) []byte { return MakeFor(ID(number), number, version) }

// MakeFor is Make for an id that is not ID(number), of at most 24 bytes.
func MakeFor(id string, number int, version uint64) []byte {
	out := make([]byte, 0, Bytes+16)
	out = append(append(out, `{"id":"`...), id...)
	out = digits(append(out, `","capabilities":[{"name":"skill-`...), uint64(number%capabilities), 2)
	out = append(out, `","version":"1.2"}],"labels":{"tier":"gold"},"endpoints":[{"name":"a2a","url":"https://h`...)
	out = digits(out, uint64(number%1000), 3)
	out = append(out, `.example.org/a2a"}],"metadata":{"v":"`...)
	out = append(append(out, Mark(version)...), `"},"description":"`...)
	room := Bytes - len(out) - len(`"}`)
	return append(append(out, padding[:max(0, min(room, len(padding)))]...), `"}`...)
}

// Mark returns the words in a record by which its version is known.
func Mark(version uint64) string {
	return string(digits(append(make([]byte, 0, 13), "run"...), version, 10))
}

// digits appends n in decimal, with at least width digits.
func digits(to []byte, n uint64, width int) []byte {
	for limit, left := uint64(10), width-1; left > 0; limit, left = limit*10, left-1 {
		if n < limit {
			for ; left > 0; left-- {
				to = append(to, '0')
			}
		}
	}
	return strconv.AppendUint(to, n, 10)
}

// Class returns the id of the nth record of a class: records of one class lie in one
// shard of Roster, because a fleet does.
func Class(class string, n int) string { return fmt.Sprintf("%s~%d", class, n) }
