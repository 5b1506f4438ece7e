// Package wire holds the JSON shapes of the HTTP API: it reads bodies strictly and
// writes records fast.
//
// Reading has two steps. [Parse] checks a whole body: UTF-8, syntax, no duplicate
// key, no lone surrogate, at most [DepthMax] levels, nothing behind the value. Then
// the Decode functions walk the checked bytes as a [Value] and refuse what the API
// does not know: an unknown field, a wrong type, a number out of range. Every
// refusal is a *roster.Error of code Invalid that names the field and the byte.
// encoding/json is not used for this because it folds the case of field names,
// keeps the last of duplicate keys and repairs broken UTF-8, all without a word.
//
// What the caller owes: bound the body before Parse, leave the bytes alone while a
// Value is in use, and validate what the Decode functions return: they judge shapes,
// not meanings.
package wire
