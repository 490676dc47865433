// How one cell is painted. Each painter keeps what it drew last and touches the page only where that changed.

import { NBSP, age, bp, count, funding, percent, price, signed, usd, zscore } from "./format.js";
import { h, toggle, write } from "./dom.js";
import { REASONS, judged } from "./table_columns.js";
import { glow } from "./table_glow.js";
import { paintSpark } from "./table_spark.js";

/** An empty cell of a column, with the nodes its painter writes to. */
export function makeCell(column) {
  const el = h("div", "td");
  el.setAttribute("role", "gridcell");
  const cell = { el, column, base: "td", cls: "td", was: undefined, lit: 0, up: true };
  if (column.kind === "name") {
    Object.assign(cell, { coin: h("b"), quote: h("span", "q"), dated: h("span", "q x"), venue: h("span", "ve") });
    el.append(h("span", "ci", cell.coin, cell.quote, cell.dated, cell.venue));
    return cell;
  }
  if (column.kind === "spark") {
    cell.canvas = h("canvas");
    el.append(cell.canvas);
    el.className = cell.base = "td cv";
    return cell;
  }
  if (!column.closed && column.kind !== "z") cell.base = "td live";
  if (column.kind === "z") cell.base = "td z";
  cell.text = document.createTextNode("");
  el.append(cell.text);
  if (["money", "signedmoney", "delta"].includes(column.kind)) el.append((cell.unit = h("span", "un")));
  if (column.kind === "delta") {
    cell.fill = h("i");
    el.append((cell.bar = h("span", "imb", cell.fill)));
  }
  if (column.kind === "price") el.append((cell.sub = h("span", "sub")));
  return cell;
}

export function classes(cell, extra) {
  const cls = extra ? cell.base + " " + extra : cell.base;
  if (cell.cls !== cls) cell.el.className = cell.cls = cls;
}

const put = (cell, text) => {
  if (cell.text.data !== text) cell.text.data = text;
};

/** Draws why there is no number: hatched where one should be, plain where this venue has no such thing. */
function missing(cell, code, n, window) {
  const reason = REASONS[code] || "waiting";
  const none = cell.column.field === "funding_8h" || cell.column.kind === "z" ? "none" : "no feed";
  const words = { warmup: n + "/" + window, zero_var: "zero var", unsupported: none, waiting: "awaited" };
  put(cell, words[reason] || reason);
  if (cell.unit) write(cell.unit, "");
  if (cell.bar) cell.bar.hidden = true;
  classes(cell, reason === "unsupported" ? "none" : "nan");
}

// by what is read: a change that rounds to zero has no direction
const tone = (text) => (text[0] === "+" ? "up" : text[0] === "\u2212" ? "down" : "");
const bare = (v, d) => signed(v, d).replace("+", "");

const biasOf = (v, most) => (most === 0 ? "none" : `${v > 0 ? "long" : v < 0 ? "short" : "even"} ${bare(most, 0)}`);

const WRITE = {
  change: (v) => percent(v),
  plain: (v) => percent(v),
  funding: (v) => funding(v),
  bp: (v) => bp(v),
  small: (v) => bare(v, Math.abs(v) < 10 ? 2 : 1),
  ratio: (v) => bare(v, 2),
  imbalance: (v) => signed(v, 2),
  share: (v) => bare(v * 100, 1),
  count: (v) => count(v),
  price: (v, row, sheet) => price(v, sheet.instruments[row].tick),
  marked: (v, row, sheet) => price(v, sheet.instruments[row].tick),
  bias: (v, row, sheet) => biasOf(v, 100 * Math.max(sheet.closed("score_long", row), sheet.closed("score_short", row))),
};

/** One number of a row: live, or of the closed bar. */
export function numberOf(sheet, column, row) {
  if (column.kind === "z") return sheet.z(judged(column, sheet.tf), sheet.window, row);
  if (column.of) return column.of(sheet, row);
  return column.closed ? sheet.closed(column.field, row) : sheet.live(column.field, row);
}

/** What else a cell shows: the taker's bar, a phone's return, why there is no number. */
function asideOf(column, row, sheet, code) {
  if (column.kind === "delta") return sheet.closed("taker_imb", row);
  return column.kind === "price" ? sheet.closed("ret", row) : code;
}

export function paintCell(cell, row, sheet, flash) {
  const { column } = cell;
  if (column.kind === "name") return paintName(cell, row, sheet);
  if (column.kind === "spark") return paintSpark(cell, row, sheet);
  const v = numberOf(sheet, column, row);
  if (column.kind === "z") return paintZ(cell, v, row, sheet);
  const code = Number.isFinite(v) ? 0 : sheet.reason(column, row);
  const aside = asideOf(column, row, sheet, code);
  if (Object.is(cell.was, v) && Object.is(cell.aside, aside)) return;
  if (cell.was === undefined) question(cell, sheet.doubt(column.field, row));
  const before = cell.was;
  cell.was = v;
  cell.aside = aside;
  if (!Number.isFinite(v)) return missing(cell, code, 0, sheet.window);
  if (cell.unit) return paintMoney(cell, v, aside);
  const text = WRITE[column.kind](v, row, sheet);
  put(cell, text);
  if (cell.sub) paintSub(cell, aside);
  if (column.kind !== "price") classes(cell, column.kind === "change" ? tone(text) : "");
  else if (!glow(cell, flash && Number.isFinite(before) && before !== v, v > before, sheet)) classes(cell, "");
}

function paintSub(cell, v) {
  write(cell.sub, Number.isFinite(v) ? percent(v) + NBSP + "%" : "");
  const cls = "sub " + tone(percent(v));
  if (cell.sub.className !== cls) cell.sub.className = cls;
}

/** Marks a number that the venue's documents leave open; the note is told where the pointer rests. */
function question(cell, note) {
  const plain = cell.base.replace(" doubt", "");
  const base = note ? plain + " doubt" : plain;
  if (cell.note === note) return;
  cell.note = note;
  cell.base = base;
  cell.cls = "";
  cell.el.title = note && "In doubt: " + note;
}

function paintMoney(cell, v, aside) {
  const [number, letter] = usd(v, cell.column.kind !== "money");
  put(cell, number);
  write(cell.unit, letter);
  classes(cell, "");
  if (!cell.bar) return;
  cell.bar.hidden = !Number.isFinite(aside);
  const share = Math.min(1, Math.abs(aside) / 0.5) * 50;
  cell.fill.style.cssText = `${aside > 0 ? "left" : "right"}:50%;width:${share.toFixed(1)}%;background:var(--${aside > 0 ? "up" : "down"})`;
}

function paintZ(cell, v, row, sheet) {
  const column = judged(cell.column, sheet.tf);
  const code = Number.isFinite(v) ? 0 : sheet.zReason(column, sheet.window, row);
  const n = code ? sheet.zCount(column, sheet.window, row) : 0;
  if (Object.is(cell.was, v) && cell.aside === code * 1e6 + n) return;
  cell.was = v;
  cell.aside = code * 1e6 + n;
  if (code) return missing(cell, code, n, sheet.window);
  put(cell, zscore(v));
  const step = Math.min(4, Math.floor(Math.abs(v)));
  classes(cell, step ? (v < 0 ? "zn" : "zp") + step : "z0");
}

function paintName(cell, row, sheet) {
  const stale = sheet.age(row) > sheet.staleAfter;
  const venue = stale ? "stale " + age(sheet.age(row)) : sheet.instruments[row].venue;
  if (cell.was !== row) {
    cell.was = row;
    const { base, quote, suffix } = sheet.instruments[row];
    write(cell.coin, base);
    write(cell.quote, base.length < 9 ? quote : "");
    write(cell.dated, suffix);
    toggle(cell.el, "dated", Boolean(suffix));
    cell.el.title = sheet.instruments[row].name;
  }
  write(cell.venue, venue);
  toggle(cell.row, "stale", stale);
}
