// Package keys changes the cluster key on all living nodes, through any of them: a key is
// installed everywhere, then used everywhere, then the old one is removed everywhere. A step
// is refused while it would part nodes from one another: a key is used only where all living
// nodes hold it, and removed only where none uses it.
//
// A step that did not reach all nodes is repeated: each is done once, however often it is
// asked for.
package keys
