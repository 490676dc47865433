// Streams with their reasons, the accounting of items per channel, what venues leave open, and the gaps: what is behind
// the badge, all of it or some parts. By venue, worst first: what is well takes little room, what is not says why.

import { clock, count, day } from "./format.js";
import { dress, faultBox, follow, h, shape, write } from "./dom.js";

const COUNTS = ["received", "stored", "conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight", "late"];
/** The others are columns where they hold anything. */
const ALWAYS = new Set(["received", "stored", "duplicate", "quarantined", "dropped"]);

function stream(line, ages) {
  const told = h("span", "s", line.age || "");
  ages.push(told);
  const el = h("div", `st ${line.sub ? "sub " : ""}${line.top ? "top " : ""}is-${line.state}`, shape(line.state), line.sub ? h("span", "", line.stream) : h("b", "", line.stream), told);
  if (line.sentence && line.state !== "ok") el.append(h("p", "", line.sentence));
  return el;
}

/** Lines as rows, except that streams of a venue that are well stand side by side; `ages` gets the node of each age. */
function streams(lines, ages) {
  const out = [];
  let well = null;
  for (const line of lines) {
    if (!line.sub || line.state !== "ok") {
      well = null;
      out.push(stream(line, ages));
      continue;
    }
    if (!well) out.push((well = h("div", "well")));
    const told = h("em", "", line.age || "");
    ages.push(told);
    well.append(h("span", "", shape("ok"), line.stream, told));
  }
  return out;
}

const apart = (lines) => JSON.stringify(lines.map(({ age, ...rest }) => rest));

const added = (rows, name) => rows.reduce((sum, row) => sum + row[name], 0);

/** A venue's items in one row; a press opens its channels. What does not add up is open by itself. */
function accounts(rows, open, flip) {
  const grid = h("div", "acc");
  const counts = COUNTS.filter((name) => ALWAYS.has(name) || added(rows, name));
  grid.style.gridTemplateColumns = `minmax(150px, 1fr) repeat(${counts.length + 1}, auto)`;
  grid.append(h("span", "h w", "venue, channel"));
  for (const name of counts) grid.append(h("span", "h", name.replace("_", " ")));
  grid.append(h("span", "h", "adds up"));
  const numbers = (told, balances) => {
    for (const name of counts) grid.append(h("span", told[name] ? (["quarantined", "dropped"].includes(name) ? "warn" : "") : "s", count(told[name])));
    grid.append(h("span", balances ? "ok" : "bad", balances ? "yes" : "no"));
  };
  const venues = [...new Set(rows.map((row) => row.venue))];
  for (const venue of venues) {
    const mine = rows.filter((row) => row.venue === venue);
    const balances = mine.every((row) => row.balances);
    const shown = venues.length === 1 || !balances || open.has(venue);
    const button = h("button", "w", h("i", "", shown ? "\u2212" : "+"), h("b", "", venue || "fbkit"), h("span", "s", ` ${mine.length} channels`));
    button.type = "button";
    button.dataset.venue = venue;
    button.setAttribute("aria-expanded", String(shown));
    button.addEventListener("click", () => flip(venue));
    grid.append(button);
    numbers(Object.fromEntries(counts.map((name) => [name, added(mine, name)])), balances);
    for (const row of shown ? mine : []) {
      grid.append(h("span", "w c", row.channel.replace("_", " ")));
      numbers(row, row.balances);
    }
  }
  return grid;
}

const channelsOf = (line) => line.channels.map((channel) => channel.replace("_", " ").replace(":", " ")).join(", ");

/** What a venue's documents leave open, and the setting that takes the other reading. */
function reading(line) {
  const flip = !line.flip ? "no other reading to take" : line.flipped ? "turned round by flipped" : h("code", "", `flipped = "${line.flip}"`);
  return h("div", "reading", h("span", "", h("b", "", line.venue), " ", channelsOf(line), " ", h("span", "l", "?")), h("p", "", line.note), h("span", "s", flip));
}

function gap(line) {
  const channel = line.channel === "*" ? "" : " " + line.channel.replace("_", " ");
  const what = line.instruments > 1 ? `${line.venue}${channel}, ${line.instruments} instruments` : (line.instrument || line.venue || "collector") + channel;
  return h("div", "gapline", h("span", "", what), h("span", "l", `${day(line.t0_ms)} ${clock(line.t0_ms).slice(0, 5)}`), h("span", "l", line.cause), h("span", line.phase === "backfilled" ? "s" : "warn", `${line.length}, ${line.phase === "opened" ? "open" : line.phase === "closed" ? "not filled" : "backfilled"}`));
}

function render({ model, el }) {
  dress(el, model, "fb-status");
  const head = (text, more) => h("div", "head", h("h2", "", text), Object.assign(h("span", "s", more || ""), { title: more || "" }));
  const quiet = (bold, text) => h("div", "quiet", h("b", "", bold), h("span", "l", text));
  const open = new Set();
  let ages = [];
  let known = "";
  const flip = (venue) => {
    if (!open.delete(venue)) open.add(venue);
    draw();
    el.querySelector(`button[data-venue="${CSS.escape(venue)}"]`)?.focus();
  };
  const parts = {
    health: () => {
      const lines = model.get("streams");
      ages = [];
      known = apart(lines);
      return [head("Health", model.get("summary")), ...(lines.length ? streams(lines, ages) : [quiet("Nothing heard yet", "The collector tells the state of each stream once a second.")])];
    },
    accounts: () => {
      const rows = model.get("accounts");
      return [head("Accounting", "items since this run began: received = stored + conflated + duplicate + ignored + quarantined + dropped + in flight"), rows.length ? accounts(rows, open, flip) : quiet("No accounts yet", "They come with the first heartbeat, within 10 s.")];
    },
    readings: () => {
      const [known, missing] = [model.get("readings"), model.get("unsupported")];
      return [
        ...(known.length || missing.length ? [head("Readings in doubt", "what a venue's documents leave open, and what it does not offer; numbers that rest on it bear a ?")] : []),
        ...known.map(reading),
        ...missing.map((line) => h("div", "reading", h("span", "", h("b", "", line.venue), " ", h("span", "s", "unsupported")), h("p", "", channelsOf(line)), h("span", "s", "never 0"))),
      ];
    },
    gaps: () => {
      const lines = model.get("gaps");
      return [head("Gaps", "24 h, newest first"), ...(lines.length ? lines.map(gap) : [quiet("No gaps in 24 h", "Every period without data would be listed here, with its cause.")])];
    },
    facts: () => {
      const list = h("div", "kv facts");
      for (const [name, value] of model.get("facts")) list.append(h("span", "", name), h("span", "", value));
      return [head("Collector", model.get("about")), list];
    },
  };
  const left = h("section");
  const right = h("section");
  el.append(left, right);
  const drawn = new Map();
  /** A part whose facts are the same as before is left alone: this is called once a second. */
  const draw = () => {
    const wanted = model.get("parts");
    left.hidden = !wanted.includes("health");
    right.hidden = !wanted.some((name) => name !== "health");
    el.classList.toggle("part", left.hidden || right.hidden);
    for (const name of Object.keys(parts)) {
      const told = wanted.includes(name) ? JSON.stringify([USES[name].map((trait) => model.get(trait)), name === "accounts" ? [...open] : 0]) : "";
      if (drawn.get(name)?.told === told) continue;
      if (name === "health" && told && drawn.get(name)?.told && older(drawn.get(name), told)) continue;
      const box = drawn.get(name)?.box || h("div", `part-${name}`);
      if (!drawn.has(name)) (name === "health" ? left : right).append(box);
      box.replaceChildren(...(told ? parts[name]() : []));
      drawn.set(name, { told, box });
    }
  };
  /** Where only ages and the line above differ, as they do every second, these alone are written. */
  function older(part, told) {
    const lines = model.get("streams");
    if (!lines.length || apart(lines) !== known) return false;
    lines.forEach((line, i) => write(ages[i], line.age || ""));
    write(part.box.querySelector(".head .s"), model.get("summary"));
    part.told = told;
    return true;
  }
  const undo = [follow(model, ["parts", ...new Set(Object.values(USES).flat())], draw), faultBox(el, model)];
  return () => undo.forEach((f) => f());
}

/** What each part is drawn of. */
const USES = { health: ["streams", "summary"], accounts: ["accounts"], readings: ["readings", "unsupported"], gaps: ["gaps"], facts: ["facts", "about"] };

export default { render };
