// The status page. All that comes from the API is put in as text: agents' words are
// strangers' words.
const pollEvery = 2000, pageSize = 200, shownMax = 2000, relistMax = 15000;
const $ = (id) => document.getElementById(id);

function el(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store" });
  const body = await answer.json();
  if (answer.status === 401) locked = true;
  if (!answer.ok) throw new Error(body.field ? `${body.field}: ${body.detail}` : body.detail);
  return body;
}

// A node that asks for tokens gets no further questions from a page that has none: each
// would be a refusal in its audit log.
let locked = false;
const lockedText = "this node asks for a token, and a page has none: use the roster command";

// hue gives each node a colour of its own: far from its neighbours', by the golden
// angle, and the same on every page while the members are the same.
let places = new Map();
const hue = (node) => (160 + (places.get(node) ?? 0) * 137.5) % 360;

const number = new Intl.NumberFormat("en");
const count = (n, one) => `${number.format(n)} ${one}${n === 1 ? "" : "s"}`;

function pulse(kind, text) {
  $("pulse").className = `pulse ${kind}`;
  $("pulse-text").textContent = text;
}

// The cluster: asked for every few seconds while somebody looks.
let names = new Map();

function showStatus(s, lacking) {
  document.title = `${s.cluster || "Roster"} · Roster`;
  $("where").textContent = `${s.cluster} · answered by ${s.node}`;
  $("version").textContent = s.version;
  $("count-agents").textContent = number.format(s.agents);
  const notes = [];
  if (!s.ready) notes.push(`Not ready${lacking.length ? ": " + lacking.map((c) => c.detail).join("; ") : ""}.`);
  if (s.insecure) notes.push("Insecure: this cluster runs without authentication. Keep it on a network that you trust.");
  if (s.durability === "none") notes.push("Nothing is written to disk: a cluster that is stopped is empty.");
  $("banner").textContent = notes.join(" ");
  $("banner").hidden = notes.length === 0;
}

// lacks says which checks a node that is not ready fails. Its answer is an error, and
// holds them all the same.
async function lacks() {
  const answer = await (await fetch("/readyz?verbose", { cache: "no-store", headers: { Accept: "application/json" } })).json();
  return (answer.checks || []).filter((c) => !c.ok);
}

function showMembers(members, here) {
  names = new Map(members.map((m) => [m.id, m.name || m.id]));
  places = new Map(members.map((m, i) => [m.id, i]));
  const alive = members.filter((m) => m.state === "alive").length;
  const left = members.filter((m) => m.state === "left").length; // who left for good is missed by nobody
  $("count-members").textContent = `${alive} of ${members.length - left}`;
  $("nodes").replaceChildren(...members.map((m) => {
    const card = el("li", m.state === "alive" ? "" : "away");
    const name = el("span", "name");
    const swatch = el("span", "swatch");
    swatch.style.setProperty("--hue", hue(m.id));
    name.append(swatch, el("span", "", m.name || m.id));
    if (m.id === here) name.append(el("span", "here", "this node"));
    const state = el("span", "state");
    state.append(el("span", `dot ${{ alive: "good", suspect: "warn", left: "past" }[m.state] || "bad"}`), ` ${m.state}`);
    card.append(name, state, el("span", "quiet", `${m.http || m.address}`),
      el("span", "quiet", `leads ${m.leader_of.length} · votes in ${m.voter_of.length} · reads ${m.reader_of.length}`));
    card.title = m.id;
    return card;
  }));
}

function showShards(shards) {
  $("count-shards").textContent = `${shards.filter((s) => s.leader).length} of ${shards.length}`;
  $("count-age").textContent = shards.length ? age(Math.max(...shards.map((s) => s.age_ms))) : "–";
  $("shards").replaceChildren(...shards.map((s) => {
    const tile = el("li", s.leader ? "" : "orphan");
    tile.style.setProperty("--hue", hue(s.leader));
    const head = el("b", "", s.id === 0 ? "system" : `shard ${s.id}`);
    tile.append(head, el("span", "", s.leader ? names.get(s.leader) || s.leader : "no leader"),
      el("span", "", s.id === 0 ? `index ${number.format(s.index)}` : count(s.agents, "agent")));
    tile.title = `term ${s.term}, index ${s.index}, voters ${s.voters.map((v) => names.get(v) || v).join(", ")}, ${s.age_ms} ms old`;
    return tile;
  }));
}

// silent says since when what is shown is no longer known to be so.
let answeredAt = null;

function silent() {
  document.body.classList.add("stale");
  pulse("bad", answeredAt ? `the node does not answer · as of ${answeredAt.toLocaleTimeString()}` : "the node does not answer");
}

const age = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

async function poll() {
  if (!document.hidden) {
    try {
      const [status, members, shards] = await Promise.all([ask("/v1/status"), ask("/v1/members"), ask("/v1/shards")]);
      showStatus(status, status.ready ? [] : await lacks());
      showMembers(members.members, status.node);
      showShards(shards.shards);
      document.body.classList.remove("stale");
      answeredAt = new Date();
      if (watching) pulse("good", "live"); else pulse("", "connecting");
    } catch (e) {
      if (locked) return pulse("bad", lockedText);
      silent();
    }
  }
  setTimeout(poll, pollEvery);
}

// The agents: one page by list, then kept fresh by a watch from the list's token.
const rows = new Map(); // id → row, in the order of the table
let source = null, watching = false, cursor = "", generation = 0, relistAfter = 500;
const known = new Set();

function selection() {
  const q = new URLSearchParams();
  for (const name of ["text", "capability", "health"]) {
    const value = $(name).value.trim();
    if (value) q.append(name, value);
  }
  return q;
}

async function list() {
  const mine = ++generation;
  if (source) source.close();
  watching = false;
  try {
    const q = selection();
    const page = await ask(`/v1/agents?${q}&limit=${pageSize}`);
    if (mine !== generation) return;
    rows.clear();
    $("agents").replaceChildren();
    for (const agent of page.agents) put(agent, false);
    turned(page);
    complain("");
    watch(q, page.token, mine);
  } catch (e) {
    if (mine !== generation) return;
    complain(e.message);
    again(mine);
  }
}

async function more() {
  const mine = generation;
  const q = selection();
  q.set("limit", pageSize);
  q.set("cursor", cursor);
  try {
    const page = await ask(`/v1/agents?${q}`);
    if (mine !== generation) return;
    for (const agent of page.agents) put(agent, false);
    turned(page);
  } catch (e) {
    complain(e.message);
  }
}

function turned(page) {
  cursor = page.cursor;
  $("more").hidden = cursor === "" || rows.size >= shownMax;
  tally();
}

// tally says how much of what matches is shown.
function tally() {
  $("empty").hidden = rows.size > 0;
  $("tally").textContent = rows.size === 0 ? "" : cursor === "" ? `${number.format(rows.size)} shown, all that match` : `the first ${number.format(rows.size)} shown`;
}

function watch(q, token, mine) {
  const w = new URLSearchParams(q);
  w.set("after", token);
  source = new EventSource(`/v1/watch?${w}`);
  source.onopen = () => {
    watching = true;
    relistAfter = 500;
    pulse("good", "live");
  };
  source.onerror = (e) => {
    watching = false;
    if (!document.body.classList.contains("stale")) pulse("", "reconnecting");
    // A problem, or a closed source, means that the position is lost: list again.
    if (e.data || e.target.readyState === EventSource.CLOSED) {
      e.target.close();
      if (mine === generation) again(mine);
    }
  };
  for (const kind of ["entered", "changed"]) {
    source.addEventListener(kind, (e) => put(JSON.parse(e.data).agent, true));
  }
  source.addEventListener("left", (e) => drop(JSON.parse(e.data).id));
}

// again lists anew after a while that grows, so that a page left open is no burden.
function again(mine) {
  if (locked) return complain(lockedText);
  setTimeout(() => mine === generation && list(), relistAfter * (0.5 + Math.random()));
  relistAfter = Math.min(relistAfter * 2, relistMax);
}

function complain(text) {
  $("problem").textContent = text;
  $("problem").hidden = text === "";
}

// put shows an agent, in the place that its id has. What lies beyond the page shown
// is left to "Show more".
function put(agent, live) {
  const old = rows.get(agent.id);
  if (old && old.revision > agent.revision) return;
  if (!old && live && (rows.size >= shownMax || (cursor !== "" && beyond(agent.id)))) return;
  const row = rowOf(agent);
  if (live) row.classList.add("flash");
  if (old) old.row.replaceWith(row);
  else $("agents").insertBefore(row, live && $("text").value.trim() === "" ? successor(agent.id) : null);
  rows.set(agent.id, { row, revision: agent.revision });
  if (live) tally();
  learn(agent.capabilities);
}

const beyond = (id) => { const last = $("agents").lastElementChild; return last && last.dataset.id < id; };

// successor finds the first row behind id, by halving: rows stand in order.
function successor(id) {
  const all = $("agents").children;
  let low = 0, high = all.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (all[middle].dataset.id < id) low = middle + 1; else high = middle;
  }
  return all[low] || null;
}

function drop(id) {
  const there = rows.get(id);
  if (!there) return;
  rows.delete(id);
  there.row.classList.add("leaving");
  setTimeout(() => there.row.remove(), 700);
  tally();
}

function learn(capabilities) {
  for (const c of capabilities) {
    if (known.has(c.name) || known.size >= 200) continue;
    known.add(c.name);
    const option = el("option");
    option.value = c.name;
    $("capabilities").append(option);
  }
}

function rowOf(a) {
  const row = el("tr");
  row.dataset.id = a.id;
  const id = el("td", "id"), line = el("div");
  const dot = el("span", `dot ${{ passing: "good", warning: "warn" }[a.health.state] || "bad"}`);
  dot.title = a.health.reason ? `${a.health.state}: ${a.health.reason}` : a.health.state;
  line.append(dot, el("span", "", a.id));
  id.append(line);
  if (a.health.state !== "passing") id.append(el("span", "quiet", dot.title));
  else if (a.description) id.append(el("span", "quiet", a.description.slice(0, 120)));
  const capabilities = el("td");
  for (const c of a.capabilities) {
    const chip = el("button", "chip", c.version ? `${c.name} ${c.version}` : c.name);
    chip.type = "button";
    chip.title = "Show agents with this capability";
    chip.onclick = () => { $("capability").value = c.name; list(); };
    capabilities.append(chip);
  }
  const labels = el("td");
  for (const [key, value] of Object.entries(a.labels)) {
    const chip = el("span", "chip", `${key}=${value}`);
    chip.title = chip.textContent; // a long one is cut
    labels.append(chip);
  }
  const time = el("td", "time", moment(new Date(a.updated_at)));
  time.title = a.updated_at;
  row.append(id, capabilities, labels, el("td", "", a.status), el("td", "whole", keeper(a)),
    el("td", "number", number.format(a.revision)), time);
  return row;
}

// moment is a time of today, or a day.
function moment(t) {
  return t.toDateString() === new Date().toDateString() ? t.toLocaleTimeString() : t.toLocaleDateString();
}

function keeper(a) {
  if (a.owner.kind === "session") return "a session";
  if (a.node) return names.get(a.node) || a.node;
  return "–";
}

let typing;
$("search").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(list, 200); });
$("search").addEventListener("submit", (e) => { e.preventDefault(); list(); });
$("more").addEventListener("click", more);
poll();
list();
