// Where an axis has its ticks, and what they say: never plotly's own letters.

import { clock } from "./format.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, 1440, 2880, 7200, 14400, 43200];

/** Round ticks inside a range, about `n` of them: [values, step]. */
export function ticks([low, high], n) {
  const rough = (high - low) / n;
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * ten).find((s) => s >= rough) || rough;
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return [found, step];
}

/** Ticks of a time axis in UTC ms, about `n` of them; midnight says the date in bold. */
export function timeTicks([from, to], n) {
  const steps = MINUTES.map((m) => m * 60_000);
  const step = steps.find((s) => s >= (to - from) / n) || steps[steps.length - 1];
  const tickvals = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) tickvals.push(t);
  const text = (t) => (t % 86_400_000 ? clock(t).slice(0, 5) : `<b>${new Date(t).getUTCDate()} ${MONTHS[new Date(t).getUTCMonth()]}</b>`);
  return { tickvals, ticktext: tickvals.map(text) };
}
