// How one cell is painted. Each painter keeps what it drew last and touches the page only where that changed.

import { NBSP, age, bp, funding, percent, price, signed, usd, zscore } from "./format.js";
import { h, toggle, write } from "./dom.js";
import { REASONS, judged } from "./table_columns.js";

/** An empty cell of a column, with the nodes its painter writes to. */
export function makeCell(column) {
  const el = h("div", "td");
  el.setAttribute("role", "gridcell");
  const cell = { el, column, base: "td", cls: "td", was: undefined };
  if (column.kind === "name") {
    Object.assign(cell, { coin: h("b"), quote: h("span", "q"), dated: h("span", "q x"), venue: h("span", "ve") });
    el.append(h("span", "ci", cell.coin, cell.quote, cell.dated, cell.venue));
    return cell;
  }
  if (column.kind === "spark") {
    cell.base = "td cv";
    cell.canvas = h("canvas");
    el.append(cell.canvas);
    el.className = cell.base;
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

function classes(cell, extra) {
  const cls = extra ? cell.base + " " + extra : cell.base;
  if (cell.cls !== cls) cell.el.className = cell.cls = cls;
}

/** Draws why there is no number: hatched where one should be, plain where this venue has no such thing. */
function missing(cell, code, n, window) {
  const reason = REASONS[code] || "waiting";
  const text = reason === "warmup" ? n + "/" + window : reason === "zero_var" ? "zero var" : reason === "unsupported" ? (cell.column.field === "funding_8h" || cell.column.kind === "z" ? "none" : "no feed") : reason === "waiting" ? "awaited" : reason;
  cell.text.data = text;
  if (cell.unit) write(cell.unit, "");
  if (cell.bar) cell.bar.hidden = true;
  classes(cell, reason === "unsupported" ? "none" : "nan");
}

// by what is read: a change that rounds to zero has no direction
const tone = (text) => (text[0] === "+" ? "up" : text[0] === "\u2212" ? "down" : "");
const toned = (text) => [text, tone(text)];

const WRITE = {
  change: (cell, v) => toned(percent(v)),
  plain: (cell, v) => [percent(v), ""],
  funding: (cell, v) => [funding(v), ""],
  bp: (cell, v) => [bp(v), ""],
  price: (cell, v, row, sheet) => [price(v, sheet.instruments[row].tick), ""],
};

/** One number of a row: live, or of the closed bar. */
export function numberOf(sheet, column, row) {
  if (column.kind === "z") return sheet.z(judged(column, sheet.tf), sheet.window, row);
  return column.closed ? sheet.closed(column.field, row) : sheet.live(column.field, row);
}

export function paintCell(cell, row, sheet, flash) {
  const { column } = cell;
  if (column.kind === "name") return paintName(cell, row, sheet);
  if (column.kind === "spark") return paintSpark(cell, row, sheet);
  const v = numberOf(sheet, column, row);
  if (column.kind === "z") return paintZ(cell, v, row, sheet);
  const code = Number.isFinite(v) ? 0 : sheet.reason(column, row);
  const aside = column.kind === "delta" ? sheet.closed("taker_imb", row) : column.kind === "price" ? sheet.closed("ret", row) : code;
  if (Object.is(cell.was, v) && Object.is(cell.aside, aside)) return;
  if (cell.was === undefined) question(cell, sheet.doubt(column.field, row));
  const before = cell.was;
  cell.was = v;
  cell.aside = aside;
  if (!Number.isFinite(v)) return missing(cell, code, 0, sheet.window);
  if (cell.unit) paintMoney(cell, v, aside);
  else {
    const [text, extra] = WRITE[column.kind](cell, v, row, sheet);
    if (cell.text.data !== text) cell.text.data = text;
    if (cell.sub) {
      write(cell.sub, Number.isFinite(aside) ? percent(aside) + NBSP + "%" : "");
      cell.sub.className = "sub " + tone(percent(aside));
    }
    // one flash a cell and beat; two names of the same animation let it start again without a layout in between
    let glow = "";
    if (column.kind === "price" && flash && Number.isFinite(before) && before !== v && sheet.beat !== cell.glowed) {
      cell.glowed = sheet.beat;
      cell.turn = cell.turn === 1 ? 2 : 1;
      glow = (v > before ? "fu" : "fd") + cell.turn;
    } else if (column.kind === "price" && flash && cell.turn && sheet.beat === cell.glowed) glow = cell.cls.slice(-3);
    classes(cell, [extra, glow].filter(Boolean).join(" "));
  }
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
  if (cell.text.data !== number) cell.text.data = number;
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
  cell.text.data = zscore(v);
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

function paintSpark(cell, row, sheet) {
  const stamp = sheet.sparkStamp + ":" + row + ":" + sheet.themeStamp;
  if (cell.was === stamp) return;
  cell.was = stamp;
  const values = sheet.spark(row);
  const width = sheet.sparkPixels;
  const ratio = globalThis.devicePixelRatio || 1;
  const { canvas } = cell;
  canvas.width = width * ratio;
  canvas.height = 15 * ratio;
  canvas.style.width = width + "px";
  canvas.style.height = "15px";
  const finite = values.filter(Number.isFinite);
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  if (finite.length < 2) return;
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low || 1;
  const x = (i) => (i / (values.length - 1)) * (width - 4) + 1;
  const y = (v) => 13 - ((v - low) / span) * 11;
  pen.strokeStyle = sheet.colours.line;
  pen.lineWidth = 1.1;
  pen.beginPath();
  let down = false;
  values.forEach((v, i) => {
    if (Number.isFinite(v)) pen[down ? "lineTo" : "moveTo"](x(i), y(v));
    down = Number.isFinite(v);
  });
  pen.stroke();
  const last = finite[finite.length - 1];
  pen.fillStyle = last >= finite[0] ? sheet.colours.up : sheet.colours.down;
  pen.beginPath();
  pen.arc(x(values.lastIndexOf(last)), y(last), 1.8, 0, 7);
  pen.fill();
}

export const share = (v) => signed(v, 2);
