// The status page: what is asked for every few seconds, which view is shown, and whether
// what it shows is live.
import { hideAgents, showAgents } from "./agents.js";
import { $, age, ask, count, door, dotOf, el, framed, hue, learnMembers, nameOf, number, swatch } from "./dom.js";
import { drawFleets, learnFleets } from "./fleets.js";
import { drawNodes, learnLoads, learnSpecs } from "./nodes.js";
import { membersMax, placed, Roll } from "./roll.js";
import { Follower } from "./stream.js";

const pollEvery = 2000;

function pulse(kind, text) {
  $("pulse").className = `pulse ${kind}`;
  $("pulse-text").textContent = text;
}

// The cluster: asked for every few seconds while somebody looks.
function showStatus(s, lacking) {
  document.title = `${s.cluster || "Roster"} · Roster`;
  $("where").textContent = `${s.cluster} · answered by ${s.node}`;
  $("version").textContent = s.version;
  $("count-agents").textContent = number(s.agents);
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
  const answer = await (await fetch("/readyz?verbose", { cache: "no-store", signal: AbortSignal.timeout(5000), headers: { Accept: "application/json" } })).json();
  return (answer.checks || []).filter((c) => !c.ok);
}

function showMembers(members, here) {
  learnMembers(members, here);
  const alive = members.filter((m) => m.state === "alive").length;
  const left = members.filter((m) => m.state === "left").length; // who left for good is missed by nobody
  $("count-members").textContent = `${alive} of ${members.length - left}`;
  $("nodes").replaceChildren(...members.map((m) => {
    const card = el("li", m.state === "alive" ? "" : "away");
    const name = el("span", "name");
    name.append(swatch(m.id), el("span", "", m.name || m.id));
    if (m.id === here) name.append(el("span", "here", "this node"));
    const state = el("span", "state");
    state.append(dotOf(m.state), ` ${m.state}`);
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
    tile.append(head, el("span", "", s.leader ? nameOf(s.leader) : "no leader"),
      el("span", "", s.id === 0 ? `index ${number(s.index)}` : count(s.agents, "agent")));
    tile.title = `term ${s.term}, index ${s.index}, voters ${s.voters.map(nameOf).join(", ")}, ${s.age_ms} ms old`;
    return tile;
  }));
}

// Two things may fail apart: the questions asked every few seconds, and the stream. What
// nobody confirms any more is dimmed, and says since when.
let answeredAt = null, heardAt = null, live = false;

function heard() {
  live = true;
  heardAt = new Date();
  standing();
}

function cut() {
  live = false;
  standing();
}

function standing() {
  const silent = document.body.classList.contains("silent"), fresh = live && !silent;
  document.body.classList.toggle("cut", !fresh && heardAt !== null);
  for (const note of document.querySelectorAll(".stale-note")) {
    note.hidden = fresh || heardAt === null;
    note.textContent = note.hidden ? "" : `Not live: agents are shown as they were at ${heardAt.toLocaleTimeString()}.`;
  }
  if (door.locked) pulse("bad", door.text);
  else if (silent) pulse("bad", answeredAt ? `the node does not answer · as of ${answeredAt.toLocaleTimeString()}` : "the node does not answer");
  else if (live) pulse("good", "live");
  else pulse("", heardAt ? "reconnecting" : "connecting");
}

async function poll() {
  if (!document.hidden) await look();
  if (!door.locked) setTimeout(poll, pollEvery);
}

async function look() {
  try {
    const [status, members, shards, fleets, loads] = await Promise.all([ask("/v1/status"), ask("/v1/members"), ask("/v1/shards"), view === "overview" ? null : askFleets(), view === "nodes" ? askLoads() : null]);
    showStatus(status, status.ready ? [] : await lacks());
    showMembers(members.members, status.node);
    showShards(shards.shards);
    if (fleets) {
      learnFleets(fleets);
      learnSpecs(fleets);
    }
    if (loads) learnLoads(loads);
    document.body.classList.remove("silent");
    answeredAt = new Date();
    if (live) heardAt = answeredAt;
    draw();
  } catch (e) {
    document.body.classList.add("silent");
  }
  standing();
}

// askFleets asks what is run. A node that runs nothing refuses, and is none the worse.
async function askFleets() {
  try {
    return (await ask("/v1/fleets")).fleets;
  } catch (e) {
    return null;
  }
}

// askLoads asks what the nodes have for agents, of the nodes that answer.
async function askLoads() {
  try {
    return (await ask("/v1/loads")).loads;
  } catch (e) {
    return null;
  }
}

// The roll of fleets' members, followed while a view shows it.
const roll = new Roll();
const follower = new Follower("", placed, roll, membersMax, {
  live: heard,
  cut,
  changed: () => draw(),
  failed: (refusal) => {
    if (refusal.status === 401) door.locked = true;
    cut();
  },
});

const draw = framed(() => {
  if (view === "fleets") drawFleets(roll);
  if (view !== "nodes") return;
  drawNodes(roll);
  const n = roll.members.size;
  $("roll-tally").textContent = n === 0 ? "" : roll.partial ? `the first ${number(n)} agents of fleets` : `${count(n, "agent")} of fleets`;
});

// The view is named by the address, so that it can be linked to and gone back from. One
// stream is open at a time: browsers have few connections for a host.
const views = { overview: "overview", nodes: "view-nodes", fleets: "view-fleets" };
let view = "";

function show() {
  const wanted = location.hash.slice(1) in views ? location.hash.slice(1) : "overview";
  if (wanted === view) return;
  const before = view;
  view = wanted;
  for (const [name, id] of Object.entries(views)) $(id).hidden = name !== view;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${view}`) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
  }
  if (door.locked) return;
  if (view === "overview") {
    follower.stop();
    cut();
    showAgents({ live: heard, cut });
  } else if (before === "overview" || before === "") {
    if (before) hideAgents();
    cut();
    follower.start();
  }
  if (before) look(); // a new view wants what the other did not ask for
}

window.addEventListener("hashchange", show);
document.addEventListener("visibilitychange", () => { if (!document.hidden && !door.locked) look(); });
await look(); // names first, and then who bears them
show();
if (!door.locked) setTimeout(poll, pollEvery);
