// Where several venues stand between the least and the largest, as ticks on a line.

import { h } from "./dom.js";
import { signed } from "./format.js";

/** `ticks` are pairs of a venue and a number; its words say both, largest first. */
export function strip(ticks) {
  const values = ticks.map(([, value]) => value);
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  const el = h("span", "strip", h("i", "line"));
  for (const [venue, value] of ticks) {
    const tick = h("i", "tick");
    tick.style.cssText = `left:${(span ? 5 + (90 * (value - low)) / span : 50).toFixed(1)}%;background:var(--v-${CSS.escape(venue)}, var(--ink3))`;
    el.append(tick);
  }
  el.setAttribute("role", "img");
  el.setAttribute("aria-label", inWords(ticks));
  return el;
}

export function inWords(ticks) {
  return [...ticks].sort((a, b) => b[1] - a[1]).map(([venue, value]) => `${venue} ${signed(value, 1)}`).join(", ");
}
