// Which rows of the market table are shown, and in which order.

import { COLUMNS } from "./table_columns.js";
import { numberOf } from "./table_cells.js";

/** Whether a row fits the words of a search: parts of its name, or Z>3 for any |Z| of at least 3. */
function fits(sheet, query, venue) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const tests = words.map((word) => {
    const limit = /^\|?z\|?(>=|>|<)(\d+(?:\.\d+)?)$/.exec(word);
    if (limit) return (row) => (limit[1] === "<" ? sheet.loudest(row) < Number(limit[2]) : sheet.loudest(row) >= Number(limit[2]));
    return (row) => sheet.instruments[row].name.toLowerCase().includes(word);
  });
  return (row) => (!venue || sheet.instruments[row].venue === venue) && tests.every((test) => test(row));
}

/** A pinned coin is held on top once, at the largest venue shown: the others would fill the screen. */
function pinsAmong(sheet, rows, pins) {
  const place = new Map();
  pins.forEach((base, pin) => {
    const best = (a, b) => {
      const [x, y] = [sheet.instruments[a], sheet.instruments[b]];
      return Boolean(x.suffix) - Boolean(y.suffix) || x.rank - y.rank || a - b;
    };
    const mine = rows.filter((row) => sheet.instruments[row].base === base).sort(best);
    if (mine.length) place.set(mine[0], pin);
  });
  return place;
}

function ranker(sheet, column, way) {
  if (column.kind === "name") return (row) => sheet.spelling(row);
  const value = column.kind === "spark" ? (row) => sheet.live("day_change", row) : (row) => numberOf(sheet, column, row);
  return way === "abs" ? (row) => Math.abs(value(row)) : value;
}

/** Rows in order, and how many of them are pinned on top. */
export function arranged(sheet, { sort, way, query, venue, pins }) {
  const column = COLUMNS.find((c) => c.key === sort) || COLUMNS[0];
  const rank = ranker(sheet, column, way);
  const rows = sheet.instruments.map((_, row) => row).filter(fits(sheet, query, venue));
  const held = pinsAmong(sheet, rows, pins);
  const keyed = rows.map((row) => ({ row, pin: held.get(row) ?? -1, v: rank(row) }));
  keyed.sort((a, b) => {
    if (a.pin >= 0 || b.pin >= 0) return (a.pin < 0 ? 999 : a.pin) - (b.pin < 0 ? 999 : b.pin) || a.row - b.row;
    if (column.kind === "name") return (a.v < b.v ? -1 : a.v > b.v ? 1 : 0) * (way === "up" ? 1 : -1);
    const [na, nb] = [Number.isNaN(a.v), Number.isNaN(b.v)];
    if (na || nb) return na - nb || a.row - b.row; // what is missing stands last, whichever way
    return (way === "up" ? a.v - b.v : b.v - a.v) || a.row - b.row;
  });
  return [keyed.map((k) => k.row), keyed.filter((k) => k.pin >= 0).length];
}
