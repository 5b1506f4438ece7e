// Run beside the page's scripts: follows what the page's views of nodes and fleets follow, at
// the address given, and prints a line of JSON whenever what it knows has changed.
import { Follower } from "./stream.js";
import { membersMax, placed, Roll } from "./roll.js";

// The lists asked for are counted: who resumes a watch asks for none.
let lists = 0, live = false, said = "";
const real = globalThis.fetch;
globalThis.fetch = (url, options) => {
  if (String(url).includes("/v1/agents?")) lists++;
  return real(url, options);
};

const roll = new Roll();
function say() {
  const nodes = {};
  for (const [id, group] of roll.nodes) nodes[id] = Object.fromEntries(group.statuses);
  const line = JSON.stringify({ live, lists, nodes });
  if (line !== said) console.log(line);
  said = line;
}

new Follower(process.argv[2], placed, roll, membersMax, {
  live: () => { live = true; say(); },
  cut: () => { live = false; say(); },
  failed: () => { live = false; say(); },
  changed: say,
}).start();
