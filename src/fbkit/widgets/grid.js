// A table of a few hundred rows: heads sort, arrows walk, Enter and a click choose; what is missing says why.

import { captioned, dress, faultBox, follow, h, toggle, write } from "./dom.js";
import { isNumber, written } from "./formatting.js";
import { strip } from "./strip.js";

const PLAIN = new Set(["no feed", "none"]);
const STEPS = ["zn4", "zn3", "zn2", "zn1", "z0", "zp1", "zp2", "zp3", "zp4"];
const step = (z) => (Math.abs(z) < 1 ? 0 : Math.min(4, Math.floor(Math.abs(z))));
const shade = (z) => (step(z) ? `z${z > 0 ? "p" : "n"}${step(z)}` : "z0");

function venueMark(venue) {
  const mark = h("i", "vmark");
  mark.style.background = `var(--v-${CSS.escape(String(venue).split(":")[0])}, var(--ink3))`;
  return mark;
}

function missing(el, reason) {
  const text = reason || "none";
  el.append(h("span", PLAIN.has(text) ? "none" : "nan", text));
  if (!PLAIN.has(text)) el.classList.add("hatch");
  return el;
}

function cell(column, value, reason, z, note) {
  const el = h("td", `${isNumber(column.format) ? "n" : "w"}${column.strong ? " strong" : ""}`);
  if (note) el.title = note;
  if (value === null || value === undefined) return missing(el, reason);
  if (column.venue) el.append(venueMark(value));
  el.append(column.format === "strip" ? strip(value) : written(column.format, value, column.more));
  if (column.tone && value) el.classList.add(value > 0 ? "up" : "down");
  const shaded = column.heat ? value : z;
  if (Number.isFinite(shaded)) el.classList.add("z", shade(shaded));
  return el;
}

/** The steps of Z, from blue to amber. */
function zScale() {
  const el = h("span", "zscale", h("span", "s", "\u22124"), ...STEPS.map((name) => h("i", name)), h("span", "s", "+4"));
  el.setAttribute("role", "img");
  el.setAttribute("aria-label", "shades: Z-score from \u22124, blue, to +4, amber");
  return el;
}

/** The places of rows as they are sorted: missing last, sums at the end stay there. */
function inOrder(rows, columns, sort, fixed) {
  const all = rows.map((_, i) => i);
  const at = columns.findIndex((column) => column.key === sort.replace("-", ""));
  if (at < 0) return all;
  const body = all.slice(0, rows.length - fixed);
  const way = sort.startsWith("-") ? -1 : 1;
  const none = (v) => v === null || v === undefined;
  body.sort((a, b) => {
    const [x, y] = [rows[a][at], rows[b][at]];
    if (none(x) || none(y)) return none(x) - none(y);
    return way * (typeof x === "number" ? x - y : String(x).localeCompare(String(y)));
  });
  return [...body, ...all.slice(rows.length - fixed)];
}

function render({ model, el }) {
  dress(el, model, "fb-grid");
  const title = h("h2", "");
  const sub = h("span", "s");
  const value = h("b", "big");
  const scale = zScale();
  const head = h("div", "head", title, sub, h("span", "sp"), value, scale);
  const names = h("tr", "");
  const table = h("table", "", h("thead", "", names), h("tbody"));
  const body = table.tBodies[0];
  const quiet = h("div", "quiet", h("span", "l"));
  const scroll = h("div", "scroll", table, quiet);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  el.append(head, scroll);
  let cursor = -1;
  let shown = [];
  let lines = [];

  const choose = (i) => {
    const name = model.get("names")[i];
    if (name === undefined) return;
    model.set("chosen", name);
    model.set("opened", model.get("opened") + 1);
    model.save_changes();
  };

  const headOf = (column) => {
    const button = h("button", "", column.mark ? venueMark(column.mark) : "", column.label);
    button.type = "button";
    button.title = column.about || "";
    const th = h("th", isNumber(column.format) ? "n" : "w", button);
    th.dataset.key = column.key;
    if (column.width) th.style.width = column.width;
    button.addEventListener("click", () => {
      const sort = model.get("sort");
      model.set("sort", sort === "-" + column.key ? column.key : "-" + column.key);
      model.save_changes();
    });
    return th;
  };

  const lineOf = (at) => {
    const tr = h("tr");
    tr.addEventListener("click", () => ((cursor = at), choose(shown[at])));
    return { tr, told: [] };
  };

  let headed = "";
  const drawHeads = (columns) => {
    const told = JSON.stringify(columns);
    if (told === headed) return;
    headed = told;
    names.replaceChildren(...columns.map(headOf));
    lines = [];
    body.replaceChildren();
  };

  /** One row; a cell that says the same as before is left alone. */
  const drawLine = (line, i, columns, given) => {
    const [rows, reasons, shades, notes, called] = given;
    columns.forEach((column, j) => {
      const key = `${i}:${column.key}`;
      const parts = [rows[i][j], reasons[key], shades[key], notes[key]];
      const told = JSON.stringify(parts);
      if (line.told[j] === told) return;
      line.told[j] = told;
      const made = cell(column, ...parts);
      if (line.tr.cells[j]) line.tr.cells[j].replaceWith(made);
      else line.tr.append(made);
    });
    toggle(line.tr, "sum", i >= rows.length - model.get("foot_rows"));
    if (called[i] === undefined) delete line.tr.dataset.name;
    else if (line.tr.dataset.name !== called[i]) line.tr.dataset.name = called[i];
  };

  const draw = () => {
    const [columns, rows, reasons, shades, notes, called] = ["columns", "rows", "reasons", "shades", "notes", "names"].map((name) => model.get(name));
    quiet.hidden = rows.length > 0;
    write(quiet.firstChild, model.get("waiting") || "Nothing here yet");
    drawHeads(columns);
    const sort = model.get("sort");
    for (const th of names.cells) {
      const mine = sort.replace("-", "") === th.dataset.key;
      th.setAttribute("aria-sort", mine ? (sort.startsWith("-") ? "descending" : "ascending") : "none");
    }
    shown = inOrder(rows, columns, sort, model.get("foot_rows"));
    while (lines.length > shown.length) lines.pop().tr.remove();
    while (lines.length < shown.length) {
      lines.push(lineOf(lines.length));
      body.append(lines[lines.length - 1].tr);
    }
    shown.forEach((i, at) => drawLine(lines[at], i, columns, [rows, reasons, shades, notes, called]));
    mark();
  };
  const mark = () => {
    const chosen = model.get("chosen");
    lines.forEach(({ tr }, at) => {
      toggle(tr, "sel", Boolean(chosen) && tr.dataset.name === chosen);
      toggle(tr, "cur", at === cursor);
    });
  };
  scroll.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      cursor = Math.max(0, Math.min(shown.length - 1, cursor + move));
      lines[cursor]?.tr.scrollIntoView({ block: "nearest" });
      mark();
    }
    if (event.key === "Enter" && event.target === scroll && cursor >= 0) choose(shown[cursor]);
  });
  const undo = [
    follow(model, ["title", "sub", "value", "scale"], () => {
      write(title, model.get("title"));
      captioned(sub, model.get("sub"));
      write(value, model.get("value"));
      scale.hidden = !model.get("scale");
      head.hidden = !model.get("title");
      scroll.setAttribute("aria-label", model.get("title") || "table");
    }),
    follow(model, ["columns", "rows", "names", "reasons", "shades", "notes", "sort", "waiting", "foot_rows"], draw),
    follow(model, ["chosen"], mark),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
