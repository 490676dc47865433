// A table of a few hundred rows: heads sort, arrows walk, Enter and a click choose; what is missing says why.

import { dress, faultBox, follow, h, toggle, write } from "./dom.js";
import { isNumber, written } from "./formatting.js";

const PLAIN = new Set(["no feed", "none"]);
const step = (z) => (Math.abs(z) < 1 ? 0 : Math.min(4, Math.floor(Math.abs(z))));
const shade = (z) => (step(z) ? `z${z > 0 ? "p" : "n"}${step(z)}` : "z0");

function cell(column, value, reason, z) {
  const el = h("td", isNumber(column.format) ? "n" : "w");
  if (value === null || value === undefined) {
    const text = reason || "none";
    el.append(h("span", PLAIN.has(text) ? "none" : "nan", text));
    if (!PLAIN.has(text)) el.classList.add("hatch");
    return el;
  }
  const text = written(column.format, value, column.more);
  if (column.venue) {
    const mark = h("i", "vmark");
    mark.style.background = `var(--v-${CSS.escape(String(value).split(":")[0])}, var(--ink3))`;
    el.append(mark);
  }
  el.append(text);
  if (column.tone && value) el.classList.add(value > 0 ? "up" : "down");
  const shaded = column.heat ? value : z;
  if (Number.isFinite(shaded)) el.classList.add("z", shade(shaded));
  return el;
}

function render({ model, el }) {
  dress(el, model, "fb-grid");
  const title = h("h2", "");
  const sub = h("span", "s");
  const value = h("b", "big");
  const head = h("div", "head", title, sub, h("span", "sp"), value);
  const table = h("table");
  const quiet = h("div", "quiet", h("span", "l"));
  const scroll = h("div", "scroll", table, quiet);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  el.append(head, scroll);
  let cursor = -1;
  let shown = [];

  const order = () => {
    const [rows, sort, fixed] = [model.get("rows"), model.get("sort"), model.get("foot_rows")];
    const all = rows.map((_, i) => i);
    const body = all.slice(0, rows.length - fixed);
    const key = sort.replace("-", "");
    const at = model.get("columns").findIndex((column) => column.key === key);
    if (at < 0) return all;
    const way = sort.startsWith("-") ? -1 : 1;
    const missing = (v) => v === null || v === undefined;
    body.sort((a, b) => {
      const [x, y] = [rows[a][at], rows[b][at]];
      if (missing(x) || missing(y)) return missing(x) - missing(y);
      return way * (typeof x === "number" ? x - y : String(x).localeCompare(String(y)));
    });
    return [...body, ...all.slice(rows.length - fixed)];
  };

  const choose = (i) => {
    const name = model.get("names")[i];
    if (name === undefined) return;
    model.set("chosen", name);
    model.set("opened", model.get("opened") + 1);
    model.save_changes();
  };

  const draw = () => {
    const [columns, rows, reasons, shades, names] = ["columns", "rows", "reasons", "shades", "names"].map((name) => model.get(name));
    quiet.hidden = rows.length > 0;
    write(quiet.firstChild, model.get("waiting") || "Nothing here yet");
    const sort = model.get("sort");
    const heads = columns.map((column) => {
      const button = h("button", "", column.label);
      button.type = "button";
      button.title = column.about || "";
      const th = h("th", isNumber(column.format) ? "n" : "w", button);
      th.dataset.key = column.key;
      const mine = sort.replace("-", "") === column.key;
      th.setAttribute("aria-sort", mine ? (sort.startsWith("-") ? "descending" : "ascending") : "none");
      button.addEventListener("click", () => {
        model.set("sort", sort === "-" + column.key ? column.key : "-" + column.key);
        model.save_changes();
      });
      if (column.width) th.style.width = column.width;
      return th;
    });
    shown = order();
    const body = shown.map((i, at) => {
      const tr = h("tr", i >= rows.length - model.get("foot_rows") ? "sum" : "", ...columns.map((column, j) => cell(column, rows[i][j], reasons[`${i}:${column.key}`], shades[`${i}:${column.key}`])));
      if (names[i] !== undefined) {
        tr.dataset.name = names[i];
        tr.addEventListener("click", () => ((cursor = at), choose(i)));
      }
      return tr;
    });
    table.replaceChildren(h("thead", "", h("tr", "", ...heads)), h("tbody", "", ...body));
    mark();
  };
  const mark = () => {
    const chosen = model.get("chosen");
    [...table.tBodies[0].rows].forEach((tr, at) => {
      toggle(tr, "sel", Boolean(chosen) && tr.dataset.name === chosen);
      toggle(tr, "cur", at === cursor);
    });
  };
  scroll.addEventListener("keydown", (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      cursor = Math.max(0, Math.min(shown.length - 1, cursor + move));
      table.tBodies[0].rows[cursor]?.scrollIntoView({ block: "nearest" });
      mark();
    }
    if (event.key === "Enter" && event.target === scroll && cursor >= 0) choose(shown[cursor]);
  });
  const undo = [
    follow(model, ["title", "sub", "value"], () => {
      write(title, model.get("title"));
      write(sub, model.get("sub"));
      write(value, model.get("value"));
      head.hidden = !model.get("title");
      scroll.setAttribute("aria-label", model.get("title") || "table");
    }),
    follow(model, ["columns", "rows", "names", "reasons", "shades", "sort", "waiting", "foot_rows"], draw),
    follow(model, ["chosen"], mark),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
