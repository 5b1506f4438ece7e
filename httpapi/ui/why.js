// Why a member is where it is, in words.
import { el, nameOf, number } from "./dom.js";

const nodesMax = 64; // verdicts shown

// whyHere returns the parts that show an explanation.
export function whyHere(x) {
  const parts = [el("p", "", x.reason || "nothing is noted")];
  const more = [`policy ${x.policy}`, x.generation ? `generation ${number(x.generation)}` : "never placed yet"];
  if (x.failures) more.push(`failed ${number(x.failures)} times of late`);
  if (x.wish) more.push(`wanted on ${nameOf(x.wish)}`);
  for (const s of x.shun || []) more.push(`shuns ${nameOf(s.node)}`);
  parts.push(el("p", "quiet", more.join(" · ")));
  parts.push(el("p", "quiet", planned(x)));
  parts.push(verdicts(x.nodes));
  if (x.nodes.length > nodesMax) parts.push(el("p", "quiet", `and ${number(x.nodes.length - nodesMax)} more nodes`));
  return parts;
}

function planned(x) {
  if (!x.now) return "A plan made now would find no node for it.";
  if (x.now === x.node) return "A plan made now would put it here again.";
  return `A plan made now would put it on ${nameOf(x.now)}; a member that runs is not moved for that.`;
}

function verdicts(nodes) {
  const table = el("table"), rows = el("tbody");
  const head = el("thead"), names = el("tr");
  for (const name of ["Node", "Fits", "Because", "Points"]) {
    const cell = el("th", name === "Points" ? "number" : "", name);
    cell.scope = "col";
    names.append(cell);
  }
  head.append(names);
  for (const v of nodes.slice(0, nodesMax)) {
    const row = el("tr");
    row.append(el("td", "", nameOf(v.node)), el("td", "", v.fits ? "yes" : "no"), el("td", "", v.why), el("td", "number", number(v.points)));
    rows.append(row);
  }
  table.append(head, rows);
  return table;
}
