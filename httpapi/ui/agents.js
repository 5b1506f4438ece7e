// The table of agents: one page by list, then kept fresh by a watch from the list's token.
import { $, ask, door, dotOf, el, framed, moment, nameOf, number } from "./dom.js";
import { Watch } from "./stream.js";

const pageSize = 200, shownMax = 2000, pendingMax = 4 * shownMax, relistMax = 15000;

const rows = new Map(); // id → row, in the order of the table
let source = null, cursor = "", generation = 0, relistAfter = 500, tell = null;
const known = new Set();

// showAgents begins, or goes on; told.live and told.cut are called as the watch stands.
export function showAgents(told) {
  tell = told;
  list();
}

export function hideAgents() {
  generation++;
  source?.close();
}

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
  source?.close();
  pending.clear();
  missed = false;
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
    tell.cut();
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
  $("tally").textContent = rows.size === 0 ? "" : cursor === "" ? `${number(rows.size)} shown, all that match` : `the first ${number(rows.size)} shown`;
}

function watch(q, token, mine) {
  const w = new URLSearchParams(q);
  if (!w.has("health")) w.set("any_health", "true"); // as the list, which shows all
  source = new Watch(`/v1/watch?${w}`, token, {
    open: () => {
      relistAfter = 500;
      tell.live();
    },
    cut: () => tell.cut(),
    events: (all) => mine === generation && keep(all),
    // The place is lost: list again.
    lost: (refusal) => {
      if (refusal.status === 401) door.locked = true;
      tell.cut();
      if (mine === generation) again(mine);
    },
  });
}

// What came since the last frame, by id: of two events of an agent only the last is drawn.
// A page that nobody sees draws nothing; what it cannot keep until then it lists anew.
const pending = new Map();
let missed = false;

function keep(events) {
  for (const e of events) {
    if (pending.size >= pendingMax && !pending.has(e.body.id)) missed = true;
    else pending.set(e.body.id, e);
  }
  flush();
}

const flush = framed(() => {
  if (missed) return list();
  for (const [id, e] of pending) {
    if (e.kind === "left") drop(id, e.body.revision); else put(e.body.agent, true);
  }
  pending.clear();
  tally();
});

// again lists anew after a while that grows, so that a page left open is no burden.
function again(mine) {
  if (door.locked) return complain(door.text);
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

function drop(id, revision) {
  const there = rows.get(id);
  if (!there || there.revision > revision) return;
  rows.delete(id);
  there.row.classList.add("leaving");
  setTimeout(() => there.row.remove(), 700);
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
  const dot = dotOf(a.health.state);
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
    el("td", "number", number(a.revision)), time);
  return row;
}

function keeper(a) {
  if (a.owner.kind === "session") return "a session";
  if (a.node) return nameOf(a.node);
  return "–";
}

let typing;
$("search").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(list, 200); });
$("search").addEventListener("submit", (e) => { e.preventDefault(); list(); });
$("more").addEventListener("click", more);
