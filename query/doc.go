// Package query decides which agents a [roster.Query] selects.
//
// [Compile] checks a query once and turns it into a [Compiled], which answers three
// questions: does this record match ([Compiled.Match]), how well does it match the
// text ([Compiled.Score]), and which index entries can a match hide behind
// ([Compiled.Terms], [Compiled.Words]). The package is pure: equal queries and
// records give equal answers on every node.
//
// # The filter language
//
// It is the grammar that users of Consul and Nomad know:
//
//	expression = expression "or" expression | expression "and" expression
//	           | "not" expression | "(" expression ")" | comparison
//	comparison = selector ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) value
//	           | selector [ "not" ] ( "contains" | "matches" ) value
//	           | selector "is" [ "not" ] "empty"
//	           | selector [ "not" ] "in" "[" value { "," value } "]"
//	           | value [ "not" ] "in" selector
//	selector   = name { "." name } { "[" value "]" }
//	value      = "…" with Go escapes | `…` without | bare word or number
//
// "not" binds tighter than "and", "and" tighter than "or". Keywords are lower case.
// Bare words are letters, digits and _ - . / : @ ~ +; everything else is quoted.
//
// Selectors: id, namespace, name, description, status, health (or health.state),
// health.reason, node, owner.kind, owner.id, session, on_end, revision, epoch, shard;
// the lists capabilities (or capability, capabilities.name), capabilities.version,
// endpoints (or endpoints.name) and endpoints.url; the maps labels, metadata and
// capabilities.attributes. One value of a map is labels.tier or labels["tier"]. Maps
// are flat, so labels.app.kubernetes.io/name is the key "app.kubernetes.io/name".
//
// A selector yields any number of values: one for a field, each element for a list,
// each key for a whole map, none for a missing key. A comparison holds when it holds
// for at least one of them; "!=", "not in", "not contains", "not matches" and "is
// empty" hold exactly when their opposite does not. So a missing key satisfies only
// those.
//
//   - "==" and "in [list]" compare bytes.
//   - "contains" and "value in selector" mean: a part of the text for a field, an
//     element of a list, a key of a map. Maps know only these two and "is empty".
//   - "<" and its kin compare as numbers when both sides are integers of any size,
//     otherwise byte by byte. A version such as "10.2" is text, and less than "9.1".
//   - "matches" is Go's regular expression syntax, unanchored; it runs in time linear
//     in the text. A pattern has at most 256 bytes, and all of one filter together
//     are bounded in the size they compile to.
//
// A filter has at most [roster.FilterBytesMax] bytes and [roster.FilterTermsMax]
// comparisons (each value of a list counts as one), nested 32 deep.
//
// # Text
//
// Text is split into words at everything but letters and digits and lower-cased.
// Every word of the query must begin some word of the id, the capability names, the
// description or the label values; whole words and earlier fields score higher.
//
// # What the caller owes
//
// Records are not nil (Match alone forgives it) and their maps are sorted, as
// [roster.MapOf] leaves them. Limit, Cursor, Explain, Initial and Read are the
// caller's to obey; Compile checks of them the Limit only.
package query
