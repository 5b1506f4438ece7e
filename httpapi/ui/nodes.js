// The view of nodes: what each runs, with what is set aside for it, and why it is there.
import { $, ask, cluster, count, dotOf, el, hue, number, reconcile, say, swatch } from "./dom.js";
import { bytes, cores, setAside } from "./roll.js";
import { whyHere } from "./why.js";

const agentsMax = 200; // rows of one node
const openMax = 8; // nodes whose agents are listed without being asked for
const labelsMax = 8;

const cards = new Map(); // by node
let roll = null, specs = new Map(), loads = new Map();

export function learnSpecs(fleets) {
  specs = new Map(fleets.map((f) => [f.id, f.spec]));
}

export function learnLoads(all) {
  loads = new Map(all.map((l) => [l.node, l]));
}

// drawNodes draws the heads of all nodes, and the agents of those that changed.
export function drawNodes(of) {
  roll = of;
  const list = nodesOf(roll);
  const most = { cpu: 1, memory: 1, agents: 1 };
  for (const n of list) for (const what in n.id ? most : {}) most[what] = Math.max(most[what], n.aside[what]);
  reconcile($("node-cards"), cards, list, (n) => n.id, (n) => cardOf(n, list.length <= openMax), (card, n) => head(card, n, most));
  for (const id of roll.changed) if (cards.has(id)) body(cards.get(id));
  roll.changed.clear();
  $("nodes-empty").hidden = list.length > 0;
}

// nodesOf lists the members, and whatever else the roll says that agents are on. Who waits
// for a node stands last.
function nodesOf(roll) {
  const list = cluster.members.filter((m) => m.state !== "left" || roll.nodes.has(m.id)).map((m) => ({ ...m, state: m.draining && m.state === "alive" ? "draining" : m.state }));
  for (const id of [...roll.nodes.keys()].sort()) {
    if (id !== "" && !cluster.names.has(id)) list.push({ id, name: id, state: "unknown" });
  }
  if (roll.nodes.has("")) list.push({ id: "", name: "Waiting for a node", state: "" });
  return list.map((m) => ({ ...m, group: roll.nodes.get(m.id), aside: { ...setAside(roll.nodes.get(m.id), specs), agents: roll.nodes.get(m.id)?.members.size || 0 }, load: loads.get(m.id) }));
}

// cardOf makes the frame of a node.
function cardOf(n, open) {
  const top = el("li", "node"), title = el("h3"), facts = el("div", "facts"), list = el("details");
  const card = { top, title, state: el("p", "state"), facts, list, rows: new Map(), mark: "" };
  card.summary = el("summary");
  card.scroll = el("div", "scroll list");
  card.scroll.tabIndex = 0; // so that it can be scrolled by keys
  card.scroll.setAttribute("role", "region");
  card.scroll.setAttribute("aria-label", `Agents: ${n.name || n.id}`);
  card.table = el("table");
  card.table.append(columns());
  card.rest = el("p", "quiet");
  card.body = el("div");
  card.scroll.append(card.table);
  card.body.append(card.scroll, card.rest);
  list.append(card.summary, card.body);
  list.open = open;
  list.addEventListener("toggle", () => body(card));
  const bar = el("div", "node-head");
  bar.append(title, card.state);
  top.append(bar, facts, list);
  return card;
}

function columns() {
  const head = el("thead"), row = el("tr");
  for (const name of ["Agent", "Fleet", "Status", "Health", "Epoch", "Why"]) {
    const cell = el("th", name === "Epoch" ? "number" : "", name);
    cell.scope = "col";
    row.append(cell);
  }
  head.append(row);
  return head;
}

// head draws what is told of a node beside its agents, unless it would be as it is.
function head(card, n, most) {
  card.id = n.id;
  const { group, ...told } = n;
  const mark = JSON.stringify([told, [...(group?.statuses || [])], most, hue(n.id), cluster.here]);
  if (card.mark === mark) return;
  card.mark = mark;
  card.title.replaceChildren(...(n.id ? [swatch(n.id)] : []), el("span", "", n.name || n.id));
  if (n.id && n.id === cluster.here) card.title.append(el("span", "here", "this node"));
  card.title.title = n.id;
  card.state.replaceChildren(...(n.state ? [dotOf(n.state), ` ${n.state}`] : []));
  card.top.classList.toggle("away", n.state === "down" || n.state === "left");
  card.top.style.setProperty("--hue", hue(n.id));
  const parts = [];
  if (n.leader_of) parts.push(el("p", "quiet", `${n.http || n.address} · leads ${n.leader_of.length} · votes in ${n.voter_of.length} · reads ${n.reader_of.length}`));
  const labels = Object.entries(n.labels || {});
  if (labels.length) parts.push(labelsOf(labels));
  if (group) parts.push(statusBar(group.statuses));
  if (n.id) {
    parts.push(...(n.load ? amountsOf(n.load) : [
      amount("agents", number(n.aside.agents), n.aside.agents / most.agents),
      amount("CPU set aside", coresText(n.aside.cpu), n.aside.cpu / most.cpu),
      amount("memory set aside", bytesText(n.aside.memory), n.aside.memory / most.memory)]));
  }
  card.facts.replaceChildren(...parts);
  say(card.summary, group ? count(group.members.size, "agent") : "no agents");
  if (!group) body(card);
}

// amountsOf are what a node has said of itself: what is taken of what there is. Memory may
// have no bound.
function amountsOf(load) {
  const cpu = cores(load.used.resources.cpu), allCPU = cores(load.total.cpu);
  const memory = bytes(load.used.resources.memory), all = bytes(load.total.memory);
  return [
    amount("agents", `${number(load.used.agents)} of ${number(load.agents_max)}`, load.used.agents / load.agents_max),
    amount("CPU set aside", `${coresText(cpu)} of ${coresText(allCPU)}`, cpu / allCPU),
    amount("memory set aside", all > 0 ? `${bytesText(memory)} of ${bytesText(all)}` : bytesText(memory), all > 0 ? memory / all : 0),
    amount("CPU at work", `${Math.round(100 * load.busy / allCPU)} %`, Math.min(1, load.busy / allCPU))];
}

function labelsOf(labels) {
  const line = el("p", "labels");
  labels.sort(([a], [b]) => (a === "zone" ? -1 : b === "zone" ? 1 : a < b ? -1 : 1));
  for (const [key, value] of labels.slice(0, labelsMax)) {
    const chip = el("span", "chip", `${key} ${value}`);
    chip.title = chip.textContent;
    line.append(chip);
  }
  if (labels.length > labelsMax) line.append(el("span", "quiet", `and ${labels.length - labelsMax} more`));
  return line;
}

// amount is one figure with a bar; the text says all, the bar is for the eye.
function amount(name, text, part) {
  const line = el("div", "amount"), bar = el("span", "meter");
  bar.style.setProperty("--part", `${Math.round(100 * part)}%`);
  bar.setAttribute("aria-hidden", "true");
  line.append(el("span", "quiet", name), bar, el("span", "", text));
  return line;
}

const statusOrder = ["running", "starting", "registered", "migrating", "retiring", "stopping", "suspended", "stopped", "failed"];

// statusBar shows how many are in which status, by length and in words.
export function statusBar(statuses) {
  const whole = el("div", "statuses"), bar = el("div", "stack"), words = el("p", "");
  bar.setAttribute("aria-hidden", "true");
  const there = [...statuses].sort(([a], [b]) => statusOrder.indexOf(a) - statusOrder.indexOf(b));
  for (const [status, n] of there) {
    const part = el("span", `st ${status}`);
    part.style.flexGrow = n;
    bar.append(part);
    const word = el("span", "word");
    word.append(el("span", `key st ${status}`), `${number(n)} ${status}`);
    words.append(word);
  }
  whole.append(bar, words);
  return whole;
}

// body lists the agents of a node, if they are to be seen.
function body(card) {
  const group = roll?.nodes.get(card.id);
  const list = card.list.open && group ? group.first(agentsMax) : [];
  reconcile(card.table, card.rows, list, (m) => m.id, rowOf, fill, card.table.tHead);
  const rest = group ? group.members.size - list.length : 0;
  say(card.rest, list.length && rest > 0 ? `and ${number(rest)} more; who is not running or not well stands first` : "");
  card.scroll.hidden = list.length === 0;
}

// rowOf makes the row of an agent: a body of a table of its own, which the answer to "why
// here?" joins when it is asked for.
function rowOf(m) {
  const top = el("tbody"), line = el("tr");
  const row = { top, line, id: m.id, answer: null };
  row.why = el("button", "chip", "why here?");
  row.why.type = "button";
  row.why.setAttribute("aria-expanded", "false");
  row.why.setAttribute("aria-label", `Why is ${m.id} here?`);
  row.why.addEventListener("click", () => toggle(row));
  top.append(line);
  return row;
}

function fill(row, m) {
  const id = el("td", "id", m.id), health = el("td", "whole");
  health.append(dotOf(m.health), ` ${m.health}`);
  if (m.reason && m.reason !== m.status) id.append(el("span", "quiet", m.reason));
  const status = el("td", "whole");
  status.append(el("span", `key st ${m.status}`), m.status);
  const why = el("td");
  why.append(row.why);
  const focused = document.activeElement === row.why;
  row.line.replaceChildren(id, el("td", "", m.fleet), status, health, el("td", "number", number(m.epoch)), why);
  if (focused) row.why.focus();
}

// toggle asks why a member is where it is, and shows or hides the answer.
async function toggle(row) {
  const open = !row.answer;
  row.why.setAttribute("aria-expanded", String(open));
  if (!open) {
    row.answer.remove();
    row.answer = null;
    return;
  }
  const cell = el("td", "why"), line = el("tr");
  cell.colSpan = 6;
  cell.append(el("p", "quiet", "asking …"));
  line.append(cell);
  row.answer = line;
  row.top.append(line);
  try {
    cell.replaceChildren(...whyHere(await ask(`/v1/agents/${row.id}/explain`)));
  } catch (e) {
    cell.replaceChildren(el("p", "problem", e.message));
  }
}

const coresText = (thousandths) => `${number(thousandths / 1000)} ${thousandths === 1000 ? "core" : "cores"}`;

export function bytesText(n) {
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (n >= size) return `${number(Math.round((10 * n) / size) / 10)} ${unit}`;
  }
  return count(n, "byte");
}
