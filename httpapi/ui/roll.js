// The members of all fleets, by node and by fleet: what the views of nodes and fleets are
// drawn from. Nothing here knows the document, a clock or the network.

// membersMax bounds how many the page holds; of a larger cluster it shows that many.
export const membersMax = 20000;

// placed selects the members of fleets.
export const placed = `filter=${encodeURIComponent('owner.kind == "placement"')}`;

// memberOf keeps of an agent what is shown.
function memberOf(a) {
  return { id: a.id, fleet: a.owner.id, place: Number(a.id.slice(a.id.lastIndexOf("~") + 1)),
    node: a.node, status: a.status, health: a.health.state, reason: a.health.reason, epoch: a.epoch, revision: a.revision };
}

const order = (a, b) => (a.fleet < b.fleet ? -1 : a.fleet > b.fleet ? 1 : a.place - b.place);

// troubled tells whom an operator looks for first.
export const troubled = (m) => m.status !== "running" || m.health !== "passing";

// Group is the members on one node, or of one fleet.
class Group {
  members = new Map(); // by id
  statuses = new Map(); // how many, by status
  others = new Map(); // how many, by fleet where the group is a node, by node where it is a fleet
  sorted = null; // in order; null when somebody came or went

  add(m, other) {
    if (!this.members.has(m.id)) this.sorted = null;
    this.members.set(m.id, m);
    more(this.statuses, m.status, 1);
    more(this.others, other, 1);
  }

  remove(m, other) {
    this.members.delete(m.id);
    this.sorted = null;
    more(this.statuses, m.status, -1);
    more(this.others, other, -1);
  }

  // change puts m in the place of old, which was in the same group.
  change(old, m, other) {
    const sorted = this.sorted;
    this.remove(old, other);
    this.add(m, other);
    this.sorted = sorted;
  }

  // first returns at most so many: those in trouble before the others, each in order.
  first(most) {
    this.sorted ??= [...this.members.values()].sort(order).map((m) => m.id);
    const bad = [], good = [];
    for (const id of this.sorted) {
      const m = this.members.get(id);
      const into = troubled(m) ? bad : good;
      if (into.length < most) into.push(m);
    }
    return [...bad, ...good].slice(0, most);
  }
}

function more(counts, key, by) {
  const n = (counts.get(key) || 0) + by;
  if (n === 0) counts.delete(key); else counts.set(key, n);
}

// Roll holds the members. Changed collects the nodes whose members are no longer as the
// caller saw them; the caller empties it.
export class Roll {
  members = new Map();
  nodes = new Map(); // by node; "" has those that wait for one
  fleets = new Map();
  changed = new Set();
  partial = false; // there are more than membersMax

  // put enters an agent, or its newer state. An older one than is known changes nothing.
  put(agent) {
    const old = this.members.get(agent.id);
    if (old && old.revision >= agent.revision) return;
    if (!old && this.members.size >= membersMax) {
      this.partial = true;
      return;
    }
    const m = memberOf(agent);
    this.members.set(m.id, m);
    this.moveBoth(old, m);
  }

  // drop takes an agent off, unless a newer one of that id is known.
  drop(id, revision) {
    const old = this.members.get(id);
    if (!old || old.revision > revision) return;
    this.members.delete(id);
    this.moveBoth(old, null);
  }

  // replace makes agents all that there is: for a list after a watch was lost. Who has not
  // changed stays the same object, so that nothing is drawn anew for it.
  replace(agents, partial) {
    const there = new Set(agents.map((a) => a.id));
    for (const [id, m] of this.members) if (!there.has(id)) this.drop(id, m.revision);
    this.partial = partial;
    for (const a of agents) this.put(a);
  }

  // apply takes in an event of a watch.
  apply(kind, event) {
    if (kind === "left") this.drop(event.id, event.revision);
    else if (kind === "entered" || kind === "changed") this.put(event.agent);
  }

  moveBoth(old, m) {
    move(this.nodes, old, m, "node", "fleet");
    move(this.fleets, old, m, "fleet", "node");
    for (const at of [old, m]) if (at) this.changed.add(at.node);
  }
}

// move takes a member out of the group where it was, and puts it into the one where it is.
function move(groups, old, m, own, other) {
  if (old && m && old[own] === m[own] && old[other] === m[other]) return groups.get(m[own]).change(old, m, m[other]);
  if (old) {
    const group = groups.get(old[own]);
    group.remove(old, old[other]);
    if (group.members.size === 0) groups.delete(old[own]);
  }
  if (m) {
    if (!groups.has(m[own])) groups.set(m[own], new Group());
    groups.get(m[own]).add(m, m[other]);
  }
}

// setAside sums what the members on a node ask for: {cpu} in thousandths of a core, {memory}
// in bytes. Specs are the newest of each fleet, by its id.
export function setAside(group, specs) {
  const sum = { cpu: 0, memory: 0 };
  for (const [fleet, n] of group ? group.others : []) {
    const wants = specs.get(fleet)?.resources || {};
    sum.cpu += n * cores(wants.cpu);
    sum.memory += n * bytes(wants.memory);
  }
  return sum;
}

// cores reads an amount of CPU, "500m" or "2", as thousandths of a core.
export function cores(text) {
  const value = String(text ?? 0);
  return value.endsWith("m") ? Number(value.slice(0, -1)) : Math.round(Number(value) * 1000);
}

const units = [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]];

// bytes reads an amount of memory, "64MiB" or a number.
export function bytes(text) {
  const value = String(text ?? 0);
  for (const [unit, size] of units) if (value.endsWith(unit)) return Number(value.slice(0, -unit.length)) * size;
  return Number(value);
}
