// The view of fleets: what is wanted, what runs, and how far a new spec has come.
import { $, el, nameOf, number, reconcile } from "./dom.js";
import { statusBar } from "./nodes.js";

const fleetsMax = 500, nodesMax = 12;

const rows = new Map(); // by fleet
let fleets = [];

export function learnFleets(list) {
  fleets = list;
}

// drawFleets draws every fleet. What runs where is from the roll, which is told at once; what
// is wanted and which spec runs was asked for a moment ago.
export function drawFleets(roll) {
  const list = fleets.slice(0, fleetsMax).map((f) => ({ ...f, group: roll.fleets.get(f.id), whole: !roll.partial }));
  reconcile($("fleet-rows"), rows, list, (f) => f.id, () => ({ top: el("tr"), mark: "" }), fill);
  $("fleets-empty").hidden = fleets.length > 0;
  $("fleets-tally").textContent = fleets.length > fleetsMax ? `the first ${number(fleetsMax)} of ${number(fleets.length)}` : "";
}

// fill draws a fleet, unless it would be as it is.
function fill(row, f) {
  const live = f.group && f.whole;
  const statuses = live ? f.group.statuses : new Map(Object.entries(f.members || {}));
  const others = live ? [...f.group.others] : [];
  const mark = JSON.stringify([f.revision, f.generation, f.count, f.current, f.dropped, [...statuses], others.map(([n, k]) => [nameOf(n), k])]);
  if (row.mark === mark) return;
  row.mark = mark;
  const running = statuses.get("running") || 0;
  const name = el("th", "id", f.id), driver = [f.spec.driver, f.spec.entry || (f.spec.command || [])[0]].filter(Boolean).join(" ");
  name.scope = "row";
  name.append(el("span", "quiet", driver));
  const states = el("td");
  if (statuses.size) states.append(statusBar(statuses));
  row.top.replaceChildren(name, el("td", "number", f.dropped ? "0" : number(f.count)), el("td", "number", number(running)),
    el("td", "number", number(f.current ?? 0)), states, el("td", "", f.policy || "balanced"), rollout(f), el("td", "where", where(others)));
}

// rollout says how many run by the newest spec, of those wanted.
function rollout(f) {
  const cell = el("td"), bar = el("span", "meter wide"), current = f.current ?? 0;
  const part = f.count ? Math.min(1, current / f.count) : 1;
  bar.style.setProperty("--part", `${Math.round(100 * part)}%`);
  bar.setAttribute("aria-hidden", "true");
  const words = f.dropped ? "going" : part === 1 ? "complete" : `${number(current)} of ${number(f.count)}, at most ${number(f.away_max || 1)} away`;
  cell.append(...(f.dropped ? [] : [bar]), el("span", "quiet", words));
  cell.title = `generation ${f.generation}`;
  return cell;
}

function where(others) {
  const list = others.map(([node, n]) => [node ? nameOf(node) : "no node", n]).sort(([a], [b]) => (a < b ? -1 : 1));
  const words = list.slice(0, nodesMax).map(([node, n]) => `${node} ${number(n)}`);
  if (list.length > nodesMax) words.push(`${list.length - nodesMax} more nodes`);
  return words.join(" · ");
}
