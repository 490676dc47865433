// Where an axis has its ticks, and what they say: never plotly's own letters.

import { clock } from "./format.js";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MIN = 1440;
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 360, 720, ...[1, 2, 5, 10, 30, 90, 360, 1800].map((days) => days * DAY_MIN)];

/** Round ticks inside a range, about `n` of them: [values, step]. A range without length has none. */
export function ticks([low, high], n) {
  const rough = (high - low) / n;
  if (!(rough > 0 && Number.isFinite(rough))) return [[], 0];
  const ten = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((k) => k * ten).find((s) => s >= rough) || rough;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k ? k * step : 0);
  return [found, step];
}

/** The same with three at least, where they have room: a short pane says more than where its zero is. */
export function ticksEnough(range, n, px) {
  let found = ticks(range, n);
  for (const more of [1.5, 2.5, 4]) {
    const closer = ticks(range, n * more);
    if (found[0].length >= 3 || (px * closer[1]) / (range[1] - range[0]) < 16) break;
    found = closer;
  }
  return found;
}

/** Ticks of a time axis in UTC ms, about `n` of them; midnight among hours says the date in bold. */
export function timeTicks([from, to], n) {
  const steps = MINUTES.map((m) => m * 60_000);
  const step = steps.find((s) => s >= (to - from) / n) || steps[steps.length - 1];
  const tickvals = [];
  for (let t = Math.ceil(from / step) * step; t <= to; t += step) tickvals.push(t);
  const date = (t) => `${new Date(t).getUTCDate()} ${MONTHS[new Date(t).getUTCMonth()]}`;
  const days = step >= DAY_MIN * 60_000;
  const text = (t) => (days ? date(t) : t % (DAY_MIN * 60_000) ? clock(t).slice(0, 5) : `<b>${date(t)}</b>`);
  return { tickvals, ticktext: tickvals.map(text) };
}
