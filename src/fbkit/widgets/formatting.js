// A number in the words of its column: one name of a format, one text.

import { NONE, age, bp, clock, count, day, funding, money, percent, price, signed, zscore } from "./format.js";

const plain = (v, d) => (Number.isFinite(v) ? signed(v, d).replace("+", "") : NONE);

const FORMATS = {
  text: (v) => (v === null || v === undefined || v === "" ? NONE : String(v)),
  price: (v, more) => price(v, more || 0.01),
  usd: (v) => money(v),
  usd_signed: (v) => money(v, true),
  percent: (v, more) => percent(v, more ?? 2), // of a fraction, signed
  share: (v, more) => plain(v * 100, more ?? 1), // of a fraction, without a sign
  bp: (v) => bp(v),
  number: (v, more) => plain(v, more ?? 2),
  signed: (v, more) => signed(v, more ?? 2),
  funding: (v) => funding(v),
  apr: (v) => signed(v * 100, 2),
  z: (v) => zscore(v),
  count: (v) => count(v),
  age: (v) => age(v),
  clock: (v) => clock(v),
  instant: (v) => (Number.isFinite(v) ? day(v).slice(5) + " " + clock(v) : NONE),
};

/** `value` as the format says; `more` is its tick or decimals, which a format may also bear itself: `price:0.1`. */
export function written(format, value, more) {
  const [name, own] = format.split(":");
  return (FORMATS[name] || FORMATS.text)(value, more ?? (own === undefined ? undefined : Number(own)));
}

export const isNumber = (format) => format !== "text";

/** What a tick of an axis says: no more decimals than tell it from its neighbours. */
export function tickText(format, value, step) {
  const [name] = format.split(":");
  const decimals = (unit) => Math.max(0, Math.min(9, -Math.floor(Math.log10(step / unit) + 1e-9)));
  if (name === "price") return written(name, value, 10 ** Math.min(0, Math.floor(Math.log10(step) + 1e-9)));
  if (name === "percent" || name === "share") return written(name, value, decimals(0.01));
  if (name === "number" || name === "signed") return written(name, value, decimals(1));
  return written(format, value);
}
