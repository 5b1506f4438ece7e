// Lists and watches that go on by themselves. A watch is read by fetch and not by
// EventSource, which hides the status (410: list again) and waits for ever on a connection
// that has died without a word.

const lineMax = 4 << 20; // characters of one line: an agent has 64 KiB of text
const quietMax = 40000; // milliseconds; a node sends a comment every 15 s
const pauseMin = 500, pauseMax = 15000; // milliseconds between attempts

// Lines takes the text of an event stream apart, wherever the network has cut it.
export class Lines {
  rest = "";
  event = {};

  // feed returns the events, {kind, id, text}, that text completes.
  feed(text) {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop();
    if (this.rest.length > lineMax) throw new Error("a line of the stream is too long");
    const whole = [];
    for (const line of lines) {
      if (line !== "") this.field(line);
      else if (this.event.kind) {
        whole.push(this.event);
        this.event = {};
      }
    }
    return whole;
  }

  field(line) {
    const at = line.indexOf(": ");
    if (at <= 0) return; // a comment
    const name = { id: "id", event: "kind", data: "text" }[line.slice(0, at)];
    if (name) this.event[name] = line.slice(at + 2);
  }
}

// Watch follows a query from a cursor on, and resumes where it was after a cut. It tells
// tell.open(); tell.events([{kind, body}]), one call for what came together; tell.cut(), as
// long as there is no stream; and tell.lost(why), once, when it cannot go on: the place is no
// longer kept, or the query is refused; why is {status, why, again}, as the node said.
export class Watch {
  constructor(path, cursor, tell) {
    Object.assign(this, { path, cursor, tell, closed: false, pause: pauseMin, abort: null });
    this.run();
  }

  close() {
    this.closed = true;
    this.abort?.abort();
  }

  async run() {
    while (!this.closed) {
      const refusal = await this.once().catch(() => null);
      if (this.closed) return;
      if (refusal && !refusal.again) {
        this.closed = true;
        return this.tell.lost(refusal);
      }
      this.tell.cut();
      await new Promise((go) => setTimeout(go, this.pause * (0.5 + Math.random())));
      this.pause = Math.min(this.pause * 2, pauseMax);
    }
  }

  // once reads one connection to its end, and returns why the node ended it, if it said so.
  async once() {
    this.abort = new AbortController();
    const alarm = () => setTimeout(() => this.abort.abort(), quietMax);
    let quiet = alarm();
    try {
      const at = `${this.path}${this.path.includes("?") ? "&" : "?"}after=${encodeURIComponent(this.cursor)}`;
      const answer = await fetch(at, { cache: "no-store", signal: this.abort.signal, headers: { Accept: "text/event-stream" } });
      if (!answer.ok) return refusalOf(await answer.json());
      if (this.closed) return null;
      this.pause = pauseMin;
      this.tell.open();
      const lines = new Lines(), text = new TextDecoder(), reader = answer.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done || this.closed) return null;
        clearTimeout(quiet);
        quiet = alarm();
        const ended = this.take(lines.feed(text.decode(value, { stream: true })));
        if (ended) return ended;
      }
    } finally {
      clearTimeout(quiet);
      this.abort.abort();
    }
  }

  // take hands on what came, and then moves the cursor: a watch that resumes repeats nothing.
  take(came) {
    const events = [];
    let ended = null;
    for (const e of came) {
      if (e.kind === "error") ended = refusalOf(JSON.parse(e.text));
      else events.push({ kind: e.kind, body: JSON.parse(e.text) });
      if (e.id) this.cursor = e.id;
    }
    if (events.length > 0) this.tell.events(events);
    return ended;
  }
}

// refusalOf reads a problem. What may pass by itself is tried again.
function refusalOf(problem) {
  return { status: problem.status, why: problem.detail, again: problem.status === 429 || problem.status >= 500 };
}

const pageSize = 1000;

// Follower keeps a Roll equal to what a query matches: it lists, watches from the list on,
// and lists again when its place is lost. It tells tell.live(), tell.cut(), tell.changed()
// and tell.failed(refusal) when a list fails. It may be stopped, and goes on where it was.
export class Follower {
  constructor(base, query, roll, most, tell) {
    Object.assign(this, { base, query, roll, most, tell, running: false, watch: null, cursor: "", pause: pauseMin, turn: 0 });
  }

  start() {
    if (this.running) return;
    this.running = true;
    if (this.cursor) this.follow(this.cursor); else this.list();
  }

  stop() {
    this.running = false;
    this.turn++;
    if (this.watch) this.cursor = this.watch.cursor;
    this.watch?.close();
    this.watch = null;
  }

  // list replaces the roll. The place of its first page is where the watch begins: what
  // changes while the others are read comes again, and is known by its revision.
  async list() {
    const mine = ++this.turn;
    try {
      const agents = [];
      let cursor = "", token = "";
      do {
        const page = await this.page(cursor);
        if (mine !== this.turn) return;
        agents.push(...page.agents);
        token ||= page.token;
        cursor = page.cursor;
      } while (cursor && agents.length < this.most);
      this.pause = pauseMin;
      this.roll.replace(agents.slice(0, this.most), cursor !== "");
      this.tell.changed();
      this.follow(token);
    } catch (e) {
      if (mine !== this.turn) return;
      this.tell.failed(e.refusal || { status: 0, why: e.message, again: true });
      if (e.refusal?.status === 401) return;
      this.again(mine);
    }
  }

  async page(cursor) {
    const after = cursor ? `&cursor=${encodeURIComponent(cursor)}` : "";
    const answer = await fetch(`${this.base}/v1/agents?${this.query}&limit=${pageSize}${after}`, { cache: "no-store" });
    const body = await answer.json();
    if (!answer.ok) throw Object.assign(new Error(body.detail), { refusal: refusalOf(body) });
    return body;
  }

  again(mine) {
    setTimeout(() => mine === this.turn && this.list(), this.pause * (0.5 + Math.random()));
    this.pause = Math.min(this.pause * 2, pauseMax);
  }

  follow(cursor) {
    const mine = ++this.turn;
    this.watch = new Watch(`${this.base}/v1/watch?${this.query}&any_health=true`, cursor, {
      open: () => this.tell.live(),
      cut: () => this.tell.cut(),
      events: (all) => {
        for (const e of all) this.roll.apply(e.kind, e.body);
        this.tell.changed();
      },
      lost: (refusal) => {
        this.cursor = "";
        this.watch = null;
        this.tell.failed(refusal);
        if (refusal.status !== 401) this.again(mine);
      },
    });
  }
}
