// Small words for what every view does. All that comes from the API is put in as text:
// agents' words are strangers' words.
export const $ = (id) => document.getElementById(id);

export function el(tag, className, text) {
  const e = document.createElement(tag);
  if (className) e.className = className;
  if (text !== undefined) e.textContent = text;
  return e;
}

// say changes a text only when it is another: what is not touched is not laid out again.
export function say(e, text) {
  if (e.textContent !== text) e.textContent = text;
}

// A node that asks for tokens gets no further questions from a page that has none: each
// would be a refusal in its audit log.
export const door = { locked: false, text: "this node asks for a token, and a page has none: use the roster command" };

const askMax = 5000; // milliseconds: a node that is frozen closes no connection

export async function ask(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(askMax) });
  const body = await answer.json();
  if (answer.status === 401) door.locked = true;
  if (!answer.ok) throw new Error(body.field ? `${body.field}: ${body.detail}` : body.detail);
  return body;
}

const grouped = new Intl.NumberFormat("en");
export const number = (n) => grouped.format(n);
export const count = (n, one) => `${number(n)} ${one}${n === 1 ? "" : "s"}`;
export const age = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);

// moment is a time of today, or a day.
export function moment(t) {
  return t.toDateString() === new Date().toDateString() ? t.toLocaleTimeString() : t.toLocaleDateString();
}

// The members of the cluster as last told; hue gives each a colour of its own: far from its
// neighbours', by the golden angle, and the same on every page while the members are the same.
export const cluster = { members: [], here: "", names: new Map(), places: new Map() };

export function learnMembers(members, here) {
  cluster.members = members;
  cluster.here = here;
  cluster.names = new Map(members.map((m) => [m.id, m.name || m.id]));
  cluster.places = new Map(members.map((m, i) => [m.id, i]));
}

export const nameOf = (node) => cluster.names.get(node) || node;
export const hue = (node) => (160 + (cluster.places.get(node) ?? 0) * 137.5) % 360;

export function swatch(node) {
  const e = el("span", "swatch");
  e.style.setProperty("--hue", hue(node));
  return e;
}

// dots says which colour a state has.
const dots = { alive: "good", suspect: "warn", draining: "warn", left: "past", unknown: "past", passing: "good", warning: "warn" };
export const dotOf = (state) => el("span", `dot ${dots[state] || "bad"}`);

const restAfter = 200; // milliseconds between drawings, in which the page is the reader's

// framed returns a function that has render called once, with a frame to come, however often
// it is called before. A page that nobody sees draws no frames.
export function framed(render) {
  let asked = false, drawn = -restAfter;
  const frame = () => requestAnimationFrame((now) => {
    asked = false;
    drawn = now;
    render();
  });
  return () => {
    if (asked) return;
    asked = true;
    setTimeout(frame, Math.max(0, drawn + restAfter - performance.now()));
  };
}

// reconcile makes the children of parent those of list, in its order, and touches only what
// differs. Kept holds the parts that are there, {top, item} by key; update draws a part
// whose item is another object than before. Children up to head are left alone.
export function reconcile(parent, kept, list, key, make, update, head) {
  const wanted = new Set(list.map(key));
  for (const [k, part] of kept) {
    if (wanted.has(k)) continue;
    part.top.remove();
    kept.delete(k);
  }
  let at = head ? head.nextElementSibling : parent.firstElementChild;
  for (const item of list) {
    let part = kept.get(key(item));
    if (!part) kept.set(key(item), (part = make(item)));
    if (part.item !== item) {
      update(part, item);
      part.item = item;
    }
    if (part.top === at) at = at.nextElementSibling;
    else parent.insertBefore(part.top, at);
  }
}
