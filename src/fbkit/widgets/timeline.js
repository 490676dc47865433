// Lines over one axis of time: states slot by slot, or intervals. What is pointed at is told in the heading, and so is
// what the arrow keys reach; shape and fill say what colour says.

import { captioned, dress, faultBox, follow, h, toggle, write } from "./dom.js";
import { clock, day } from "./format.js";

const MIN = 60_000;
const STEPS = [5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 5760, 10080].map((m) => m * MIN);

/** Instants for ticks: whole minutes, hours or days, five to seven of them. */
function ticksOf(since, until) {
  const step = STEPS.find((s) => (until - since) / s <= 6) || STEPS[STEPS.length - 1];
  const out = [];
  for (let t = Math.ceil(since / step) * step; t < until; t += step) out.push(t);
  return [out, step];
}

const label = (t, step) => (step >= 1440 * MIN || t % (1440 * MIN) === 0 ? day(t).slice(5) : clock(t).slice(0, 5));

function render({ model, el }) {
  dress(el, model, "fb-time");
  const title = h("h2", "");
  const sub = h("span", "s");
  const said = h("span", "s said");
  said.setAttribute("role", "status");
  const axis = h("div", "axis");
  const body = h("div", "lines");
  const quiet = h("div", "quiet", h("span", "l"));
  const note = h("p", "note");
  const region = h("div", "region", axis, body, quiet, note);
  region.tabIndex = 0;
  region.setAttribute("role", "group");
  el.append(h("div", "head", title, sub, h("span", "sp"), said), region);
  let drawn = [];
  let cursor = null;
  let rules = [];

  const say = (text) => {
    write(said, text || model.get("legend"));
    toggle(said, "told", Boolean(text));
  };
  const point = (piece) => {
    if (cursor) cursor.classList.remove("cur");
    cursor = piece;
    if (piece) piece.classList.add("cur");
    say(piece ? piece.dataset.about : "");
  };

  function placed(piece, cls, t0, t1) {
    const [since, until] = [model.get("since_ms"), model.get("until_ms")];
    const share = (t) => (100 * (Math.min(until, Math.max(since, t)) - since)) / (until - since || 1);
    const one = h("i", cls);
    one.style.left = share(t0).toFixed(3) + "%";
    one.style.width = Math.max(0, share(t1) - share(t0)).toFixed(3) + "%";
    one.dataset.about = piece.about;
    return one;
  }

  function lineOf(line) {
    const track = h("div", "track", ...rules.map((left) => Object.assign(h("u"), { style: `left:${left}%` })));
    for (const slot of line.slots) track.append(placed(slot, `slot is-${slot.state}`, slot.t0_ms, slot.t1_ms));
    for (const mark of line.marks) track.append(placed(mark, `mark is-${mark.kind}`, mark.t0_ms, mark.t1_ms));
    const name = h("span", "name", line.name);
    name.title = line.about || line.name;
    const told = h("span", "ends", ...line.ends.map(([text, tone]) => h("span", tone, text)));
    const row = h("div", `line${line.slots.length ? " strip" : ""}`, name, track, told);
    row.setAttribute("role", "img");
    row.setAttribute("aria-label", [line.name, ...line.ends.map(([text], i) => `${model.get("heads")[i] || ""} ${text}`), ...line.marks.filter((m) => m.kind !== "off").slice(0, 3).map((m) => m.about)].join(", "));
    return row;
  }

  const draw = () => {
    const lines = model.get("lines");
    const [since, until] = [model.get("since_ms"), model.get("until_ms")];
    const [ticks, step] = ticksOf(since, until);
    const at = (t) => ((100 * (t - since)) / (until - since || 1)).toFixed(3);
    rules = ticks.map(at);
    quiet.hidden = lines.length > 0;
    axis.hidden = !lines.length;
    write(quiet.firstChild, model.get("waiting") || "Nothing here yet");
    write(note, model.get("note"));
    note.hidden = !model.get("note");
    const scale = h("div", "track", ...ticks.filter((t) => until - t > (until - since) / 14).map((t) => Object.assign(h("span", t % (1440 * MIN) ? "" : "midnight", label(t, step)), { style: `left:${at(t)}%` })), Object.assign(h("span", "end", clock(until).slice(0, 5)), { style: "left:100%" }));
    axis.replaceChildren(h("span", "name"), scale, h("span", "ends", ...model.get("heads").map((text) => h("span", "", text))));
    // Only the lines that differ are drawn again; all of them when the axis moved.
    const told = lines.map((line) => JSON.stringify([since, until, line]));
    if (told.length !== drawn.length) body.replaceChildren(...lines.map(lineOf));
    else told.forEach((text, i) => text !== drawn[i] && body.children[i].replaceWith(lineOf(lines[i])));
    drawn = told;
    toggle(el, "wide", !model.get("heads").length);
    el.style.setProperty("--ends", String(Math.max(1, ...lines.map((line) => line.ends.length))));
    if (cursor && !cursor.isConnected) point(null);
    else if (!cursor) say("");
  };

  region.addEventListener("pointerover", (event) => point(event.target.closest("i[data-about]")));
  region.addEventListener("pointerleave", () => point(null));
  region.addEventListener("blur", () => point(null));
  region.addEventListener("keydown", (event) => {
    if (event.key === "Escape") point(null);
    const move = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 0, ArrowUp: 0 }[event.key];
    if (move === undefined) return;
    event.preventDefault();
    const marks = body.querySelector("i.mark:not(.is-off)") ? "i.mark:not(.is-off)" : "i[data-about]";
    const all = [...body.querySelectorAll(marks)];
    if (!all.length) return;
    const here = all.indexOf(cursor);
    if (move) return point(all[Math.max(0, Math.min(all.length - 1, here + move))]);
    const rows = [...body.children];
    const row = rows.indexOf(cursor?.closest(".line")) + (event.key === "ArrowDown" ? 1 : -1);
    const next = rows[Math.max(0, Math.min(rows.length - 1, row))].querySelector(marks);
    if (next) point(next);
  });
  const undo = [
    follow(model, ["title", "sub"], () => {
      write(title, model.get("title"));
      captioned(sub, model.get("sub"));
      region.setAttribute("aria-label", `${model.get("title")}, arrow keys walk`);
    }),
    follow(model, ["lines", "since_ms", "until_ms", "heads", "waiting", "legend", "note"], draw),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
