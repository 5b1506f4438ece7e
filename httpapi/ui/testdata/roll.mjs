// Run beside roll.js and stream.js: what they make of lists and events.
import assert from "node:assert/strict";
import { bytes, cores, membersMax, Roll, setAside } from "./roll.js";
import { Lines } from "./stream.js";

const agent = (id, node, status, revision, health = "passing") => ({ id, node, status, revision, epoch: 1,
  owner: { kind: "placement", id: id.slice(0, id.indexOf("~")) }, health: { state: health, reason: "" } });
const event = (kind, a) => [kind, { id: a.id, revision: a.revision, agent: a }];
const counts = (groups) => Object.fromEntries([...groups].map(([k, g]) => [k, Object.fromEntries(g.statuses)]));
const ids = (group, most = 100) => group.first(most).map((m) => m.id);

const roll = new Roll();
roll.replace([agent("d/a~0", "n1", "running", 5), agent("d/a~1", "n1", "running", 6), agent("d/b~0", "", "registered", 7)], false);
assert.deepEqual(counts(roll.nodes), { n1: { running: 2 }, "": { registered: 1 } });
assert.deepEqual(counts(roll.fleets), { "d/a": { running: 2 }, "d/b": { registered: 1 } });
roll.changed.clear();

// What is older than what is known changes nothing, whether it is a state or an end.
roll.apply(...event("changed", agent("d/a~0", "n2", "failed", 4)));
roll.apply(...event("left", agent("d/a~0", "n1", "running", 4)));
assert.deepEqual(counts(roll.nodes), { n1: { running: 2 }, "": { registered: 1 } });
assert.equal(roll.changed.size, 0);

// A move changes both nodes, and the fleet's word of where it is.
roll.apply(...event("changed", agent("d/a~0", "n2", "starting", 8, "critical")));
assert.deepEqual(counts(roll.nodes), { n1: { running: 1 }, n2: { starting: 1 }, "": { registered: 1 } });
assert.deepEqual([...roll.changed].sort(), ["n1", "n2"]);
assert.deepEqual(Object.fromEntries(roll.fleets.get("d/a").others), { n1: 1, n2: 1 });

// An end takes off; a group without members is gone.
roll.apply(...event("left", agent("d/b~0", "", "registered", 7)));
assert.deepEqual([...roll.nodes.keys()].sort(), ["n1", "n2"]);
assert.deepEqual([...roll.fleets.keys()], ["d/a"]);

// A list replaces all, and keeps the object of who has not changed.
const kept = roll.members.get("d/a~1");
roll.replace([agent("d/a~1", "n1", "running", 6), agent("d/a~2", "n1", "running", 9)], true);
assert.equal(roll.members.get("d/a~1"), kept);
assert.deepEqual(counts(roll.nodes), { n1: { running: 2 } });
assert.equal(roll.partial, true);

// Who is in trouble stands first, then by number and not by letter; never more than asked for.
roll.replace([2, 10, 9, 1].map((n) => agent(`d/a~${n}`, "n1", n === 10 ? "failed" : "running", 20 + n)), false);
assert.deepEqual(ids(roll.nodes.get("n1")), ["d/a~10", "d/a~1", "d/a~2", "d/a~9"]);
assert.deepEqual(ids(roll.nodes.get("n1"), 2), ["d/a~10", "d/a~1"]);
roll.apply(...event("changed", agent("d/a~10", "n1", "running", 40)));
assert.deepEqual(ids(roll.nodes.get("n1")), ["d/a~1", "d/a~2", "d/a~9", "d/a~10"]);
roll.apply(...event("left", agent("d/a~2", "n1", "running", 22)));
assert.deepEqual(ids(roll.nodes.get("n1")), ["d/a~1", "d/a~9", "d/a~10"]);

// The page holds so many and no more, and says so.
const full = new Roll();
for (let n = 0; n <= membersMax; n++) full.put(agent(`d/a~${n}`, "n1", "running", 1));
assert.equal(full.members.size, membersMax);
assert.equal(full.partial, true);
full.put(agent("d/a~3", "n2", "running", 2)); // who is there is still kept fresh
assert.equal(full.nodes.get("n2").members.size, 1);

// Sums, from the texts of the API.
assert.deepEqual(["500m", "2", undefined].map(cores), [500, 2000, 0]);
assert.deepEqual(["64MiB", "1GiB", 1000, undefined].map(bytes), [64 << 20, 2 ** 30, 1000, 0]);
const specs = new Map([["d/a", { resources: { cpu: "50m", memory: "16MiB" } }]]);
assert.deepEqual(setAside(roll.nodes.get("n1"), specs), { cpu: 150, memory: 48 << 20 });
assert.deepEqual(setAside(undefined, specs), { cpu: 0, memory: 0 });

// A stream is the same however the network cuts it.
const text = ': roster\nretry: 1000\n\nid: c1\nevent: entered\ndata: {"id":"d/ü~0"}\n\n: keep\n\nevent: left\ndata: {}\n\n';
const want = [{ id: "c1", kind: "entered", text: '{"id":"d/ü~0"}' }, { kind: "left", text: "{}" }];
for (let size = 1; size <= text.length; size++) {
  const lines = new Lines(), got = [];
  for (let at = 0; at < text.length; at += size) got.push(...lines.feed(text.slice(at, at + size)));
  assert.deepEqual(got, want);
}
assert.throws(() => new Lines().feed("x".repeat(5 << 20)));
