// Package table says what the HTTP API has: every route with its parameters, headers,
// body and answers, as values. The mux is filled from it and the OpenAPI document is
// built from it, so that neither can know what the other does not.
//
// What the caller owes: a handler for every Name, and nothing that the table does not
// say.
package table
