// Streams with their reasons, the accounting of items per channel, and the gaps: what is behind the badge.

import { clock, count, day } from "./format.js";
import { dress, faultBox, follow, h, shape } from "./dom.js";

const COUNTS = ["received", "stored", "conflated", "duplicate", "ignored", "quarantined", "dropped", "in_flight", "late"];

function stream(line) {
  const el = h("div", `st ${line.sub ? "sub " : ""}is-${line.state}`, shape(line.state), line.sub ? h("span", "", line.stream) : h("b", "", line.stream), h("span", "s", line.age || ""));
  if (line.sentence && line.state !== "ok") el.append(h("p", "", line.sentence));
  return el;
}

function accounts(rows) {
  const grid = h("div", "acc");
  grid.style.gridTemplateColumns = `minmax(90px, 1fr) minmax(90px, 1fr) repeat(${COUNTS.length + 1}, auto)`;
  for (const name of ["venue", "channel"]) grid.append(h("span", "h w", name));
  for (const name of COUNTS) grid.append(h("span", "h", name.replace("_", " ")));
  grid.append(h("span", "h", "adds up"));
  for (const row of rows) {
    grid.append(h("span", "w", row.venue), h("span", "w", row.channel));
    for (const name of COUNTS) grid.append(h("span", row[name] ? (["quarantined", "dropped"].includes(name) ? "warn" : "") : "s", count(row[name])));
    grid.append(h("span", row.balances ? "ok" : "bad", row.balances ? "yes" : "no"));
  }
  return grid;
}

function gap(line) {
  const channel = line.channel === "*" ? "" : " " + line.channel.replace("_", " ");
  const what = line.instruments > 1 ? `${line.venue}${channel}, ${line.instruments} instruments` : (line.instrument || line.venue || "collector") + channel;
  return h("div", "gapline", h("span", "", what), h("span", "l", `${day(line.t0_ms)} ${clock(line.t0_ms).slice(0, 5)}`), h("span", "l", line.cause), h("span", line.phase === "backfilled" ? "s" : "warn", `${line.length}, ${line.phase === "opened" ? "open" : line.phase === "closed" ? "not filled" : "backfilled"}`));
}

function render({ model, el }) {
  dress(el, model, "fb-status");
  const left = h("section");
  const right = h("section");
  el.append(left, right);
  const head = (text, more) => h("div", "head", h("h2", "", text), h("span", "s", more || ""));
  const quiet = (bold, text) => h("div", "quiet", h("b", "", bold), h("span", "l", text));
  const draw = () => {
    const streams = model.get("streams");
    left.replaceChildren(head("Health", model.get("summary")), ...(streams.length ? streams.map(stream) : [quiet("Nothing heard yet", "The collector tells the state of each stream once a second.")]));
    const [rows, gaps, facts] = [model.get("accounts"), model.get("gaps"), model.get("facts")];
    const list = h("div", "kv facts");
    for (const [name, value] of facts) list.append(h("span", "", name), h("span", "", value));
    right.replaceChildren(
      head("Accounting", "items since this run began: received = stored + conflated + duplicate + ignored + quarantined + dropped + in flight"),
      rows.length ? accounts(rows) : quiet("No accounts yet", "They come with the first heartbeat, within 10 s."),
      head("Gaps", "24 h, newest first"),
      ...(gaps.length ? gaps.map(gap) : [quiet("No gaps in 24 h", "Every period without data would be listed here, with its cause.")]),
      head("Collector", ""),
      list,
    );
  };
  const undo = [follow(model, ["streams", "summary", "accounts", "gaps", "facts"], draw), faultBox(el, model)];
  return () => undo.forEach((f) => f());
}

export default { render };
