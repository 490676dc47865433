// The one number formatter of every widget; widgets/format.py says the same in Python and a test compares the two.
// Minus is U+2212, a number and its unit are joined by a no-break space, what is missing is an en dash.

export const MINUS = "\u2212";
export const NONE = "\u2013";
export const NBSP = "\u00a0";

const commas = (digits) => digits.replace(/\B(?=(\d{3})+(?!\d))/g, ",");

function grouped(text) {
  const [whole, part] = text.split(".");
  return part === undefined ? commas(whole) : commas(whole) + "." + part;
}

/** Decimals a tick asks for: 0.1 gives 1, 0.25 gives 2, 5 gives 0. */
export function decimals(tick) {
  if (!(tick > 0)) return 2;
  for (let d = 0; d < 12; d++) {
    const scaled = tick * 10 ** d;
    if (Math.abs(scaled - Math.round(scaled)) < 1e-6 * scaled) return d;
  }
  return 12;
}

/** A price with the decimals of its tick; below 0.0001 the zeros are counted: 0.0₅4713. */
export function price(v, tick) {
  if (!Number.isFinite(v)) return NONE;
  const size = Math.abs(v);
  const text = size.toFixed(decimals(tick));
  const sign = v < 0 && Number(text) !== 0 ? MINUS : "";
  if (size < 1e-4 && Number(text) !== 0) {
    const part = text.split(".")[1];
    const zeros = part.length - part.replace(/^0+/, "").length;
    const small = [...String(zeros)].map((d) => String.fromCharCode(0x2080 + Number(d))).join("");
    return sign + "0.0" + small + part.slice(zeros);
  }
  return sign + grouped(text);
}

/** With a sign always, except for what rounds to zero. */
export function signed(v, d) {
  if (!Number.isFinite(v)) return NONE;
  const text = Math.abs(v).toFixed(d);
  return (Number(text) === 0 ? "" : v < 0 ? MINUS : "+") + grouped(text);
}

/** Money in three digits and its letter, apart: [“1.24”, “B”]. */
export function usd(v, plus) {
  if (!Number.isFinite(v)) return [NONE, ""];
  let size = Math.abs(v);
  let step = 0;
  while (Number(size.toPrecision(3)) >= 1000 && step < 4) {
    size /= 1000;
    step += 1;
  }
  const text = Number(size.toPrecision(3)) >= 1000 ? grouped(size.toFixed(0)) : step || size >= 1 ? size.toPrecision(3) : size.toFixed(0);
  const sign = Number(text) === 0 ? "" : v < 0 ? MINUS : plus ? "+" : "";
  return [sign + text, ["", "K", "M", "B", "T"][step]];
}

/** Money as one text. */
export function money(v, plus) {
  const [number, letter] = usd(v, plus);
  return letter ? number + NBSP + letter : number;
}

/** A fraction as a signed percentage without its unit. */
export const percent = (v, d = 2) => signed(v * 100, d);
/** A fraction as signed basis points without their unit. */
export const bp = (v) => signed(v * 1e4, 1);
/** A funding rate (fraction per 8 h) as a signed percentage with four decimals. */
export const funding = (v) => signed(v * 100, 4);
/** A Z-score. */
export const zscore = (v) => signed(v, 1);
/** A whole number with commas. */
export const count = (v) => (Number.isFinite(v) ? (v < 0 ? MINUS : "") + commas(Math.abs(v).toFixed(0)) : NONE);

/** How long ago, from seconds: 48 s, 4m 12s, 3 h, 2 d. */
export function age(seconds) {
  if (!Number.isFinite(seconds)) return NONE;
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return s + NBSP + "s";
  if (s < 3600) return Math.floor(s / 60) + "m" + NBSP + (s % 60) + "s";
  if (s < 172800) return Math.floor(s / 3600) + NBSP + "h";
  return Math.floor(s / 86400) + NBSP + "d";
}

const two = (n) => String(n).padStart(2, "0");

/** UTC time of day from epoch milliseconds: 14:47:03. */
export function clock(ms) {
  if (!Number.isFinite(ms)) return NONE;
  const d = new Date(ms);
  return two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + ":" + two(d.getUTCSeconds());
}

/** UTC date from epoch milliseconds: 2026-11-20. */
export function day(ms) {
  return Number.isFinite(ms) ? new Date(ms).toISOString().slice(0, 10) : NONE;
}

/** Minutes and seconds left: 12:57, from an hour on 1:02:57. */
export function countdown(seconds) {
  if (!Number.isFinite(seconds)) return NONE;
  const s = Math.max(0, Math.ceil(seconds));
  const h = Math.floor(s / 3600);
  const rest = two(Math.floor((s % 3600) / 60)) + ":" + two(s % 60);
  return h ? h + ":" + rest : rest;
}
