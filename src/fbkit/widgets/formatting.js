// A number in the words of its column: one name of a format, one text.

import { NONE, age, bp, clock, count, day, funding, money, percent, price, signed, zscore } from "./format.js";

const plain = (v, d) => (Number.isFinite(v) ? signed(v, d).replace("+", "") : NONE);

const FORMATS = {
  text: (v) => (v === null || v === undefined || v === "" ? NONE : String(v)),
  price: (v, more) => price(v, more || 0.01),
  usd: (v) => money(v),
  usd_signed: (v) => money(v, true),
  percent: (v) => percent(v), // of a fraction, signed
  share: (v) => plain(v * 100, 1), // of a fraction, without a sign
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

/** `value` as the format says; `more` is its tick or decimals. */
export function written(format, value, more) {
  return (FORMATS[format] || FORMATS.text)(value, more);
}

export const isNumber = (format) => format !== "text";
