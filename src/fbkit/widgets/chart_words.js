// What the panes say: the line of text over each, and the tags on the axis.

import { bp, clock, funding, money, percent, price, signed, zscore } from "./format.js";
import { Z_LABELS } from "./chart_series.js";

const tone = (v) => (v > 0 ? "up" : v < 0 ? "down" : "");
/** Day and minute, UTC: 20 Nov 07:45. */
export const dated = (ms) => (Number.isFinite(ms) ? `${new Date(ms).toUTCString().slice(5, 11)} ${clock(ms).slice(0, 5)}` : "");

const share = (v) => signed(v * 100, 0).replace("+", "") + "\u00a0%";

/** The lines of text over the panes for bar i, by pane: [[label, value, tone] …] each. */
export function readouts(series, view, i) {
  const at = (field) => series.at(field, i);
  return {
    price: priced(series, view, i),
    volume: [["Volume USD", money(at("vol_usd")), ""], ["delta", money(at("delta"), true), tone(at("delta"))]],
    oi: [["Open interest USD", money(at("oi_usd")), ""], ["", Number.isFinite(at("oi_dlog")) ? percent(at("oi_dlog")) + "\u00a0%" : "", ""], ...knownSince(series, "oi_usd")],
    funding: [["Funding % 8 h, predicted", funding(at("funding_8h")), ""], ["premium bp", bp(at("premium")), ""], ...(view.settled.length ? [["\u25cb settled", "", ""]] : [])],
    cvd: [["CVD USD", money(at("cvd"), true), tone(at("cvd"))], [cvdFrom(series, i), "", ""]],
    z: judgedWords(series, view, i),
  };
}

function priced(series, view, i) {
  const at = (field) => series.at(field, i);
  if (!Number.isFinite(at("close"))) return [["Price", "no bar", ""]];
  const p = (field) => price(at(field), view.tick);
  const dead = [["long", at("liq_long_usd"), "down"], ["short", at("liq_short_usd"), "up"]].filter(([, v]) => v > 0);
  const liquidated = dead.map(([side, v, ink], k) => [(k ? "" : "liquidated ") + side, money(v), ink]);
  if (dead.length) liquidated.push(["at least", "", ""]);
  return [["Price\u2002O", p("open"), ""], ["H", p("high"), ""], ["L", p("low"), ""], ["C", p("close"), ""], ["", percent(at("ret")) + "\u00a0%", tone(at("ret"))], ...liquidated, ...openWords(view, i, series)];
}

/** The bar that is not closed yet, said while no other is pointed at. */
function openWords(view, i, series) {
  const close = series.newest(series.get("close"));
  if (!view.open || i !== series.n - 1 || !Number.isFinite(view.last) || !close) return [];
  const change = view.last / close - 1;
  return [["\u2002open bar so far", percent(change) + "\u00a0%", tone(change)]];
}

/** Said where much of a pane is empty: from when on there are numbers, or that there are none. */
function knownSince(series, field) {
  const first = series.get(field).findIndex(Number.isFinite);
  if (first < 0) return [[series.n ? "none in these bars" : "", "", ""]];
  return first > series.n * 0.1 ? [["known since " + dated(series.at("t0_ms", first)), "", ""]] : [];
}

/** From where CVD counts at bar i: the midnight before the first, the end of a hole, or the first bar with sides. */
function cvdFrom(series, i) {
  const [x, cvd] = [series.get("t0_ms"), series.get("cvd")];
  if (!Number.isFinite(cvd[i])) return "no taker sides here";
  let first = i;
  while (first > 0 && Number.isFinite(cvd[first - 1])) first -= 1;
  if (!first) return `since ${dated(x[0] - (x[0] % 86_400_000))}`;
  return `since ${dated(x[first])}, ${cvd.slice(0, first).some(Number.isFinite) ? "after a gap" : "where taker sides begin"}`;
}

function judgedWords(series, view, i) {
  const z = series.z(view.z, view.window)[i];
  const kind = view.kind === "classic" ? "" : `, ${view.kind}`;
  const label = `Z of ${Z_LABELS[view.z] || view.z}, ${view.window} bars${kind}`;
  const behind = view.kind === "ewma" ? null : series.baseline(view.z, view.window, i);
  const told = behind ? [[`n ${behind.n} of ${view.window}, covered ${share(behind.coverage)}`, "", ""]] : [];
  return [[label, Number.isFinite(z) ? zscore(z) : why(series, view, i, behind), ""], ...told];
}

function why(series, view, i, behind) {
  if (!Number.isFinite(series.judged(view.z, i))) return "none: no value in this bar";
  if (behind && behind.n >= 0.8 * view.window) return "none: no spread";
  return behind && series.z(view.z, view.window).slice(0, i).some(Number.isFinite) ? "none: bars are missing" : "warming up";
}

/** The tags on the axis: [pane, value, text, class]. */
export function tags(series, view) {
  const newest = (field) => series.newest(series.get(field));
  const close = newest("close");
  const last = Number.isFinite(view.last) ? view.last : close;
  const z = series.newest(series.z(view.z, view.window));
  return [
    ["price", last, price(last, view.tick), last >= close ? "up" : "down"],
    ["oi", newest("oi_usd"), money(newest("oi_usd")), "strong"],
    ["funding", newest("funding_8h"), funding(newest("funding_8h")), ""],
    ["cvd", newest("cvd"), money(newest("cvd"), true), "strong"],
    ["z", z, zscore(z), ""],
  ].filter(([pane, v]) => Number.isFinite(v) && view.panes.some((one) => one.key === pane));
}
