// The stacked panes of one instrument: what each draws, its range over the visible bars, its ticks.

import { ticks } from "./axis_ticks.js";
import { bp, funding, money, percent, price, signed, zscore } from "./format.js";

/** Bottom and top of each pane, as shares of the height. */
export const PANES = [
  { key: "price", domain: [0.565, 1] },
  { key: "volume", domain: [0.42, 0.545] },
  { key: "oi", domain: [0.29, 0.4] },
  { key: "funding", domain: [0.185, 0.27] },
  { key: "z", domain: [0, 0.165] },
];

export const Z_LABELS = { ret: "return", ln_vol: "volume", oi_dlog: "\u0394OI", taker_imb: "taker", premium: "premium", funding_8h: "funding" };

/** Named columns of the series buffer: float64, bars by fields. */
export class Series {
  constructor(data, fields) {
    this.fields = fields;
    const values = data && data.byteLength ? new Float64Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)) : new Float64Array(0);
    this.n = fields.length ? values.length / fields.length : 0;
    this.columns = Object.fromEntries(fields.map((f, j) => [f, Array.from({ length: this.n }, (_, i) => values[i * fields.length + j])]));
  }

  get(field) {
    return this.columns[field] || [];
  }

  z(column, window) {
    return this.get(`z_${column}_${window}`);
  }
}

const holes = (values) => values.map((v) => (Number.isFinite(v) ? v : null));

function zColour(v, colour) {
  const size = Math.abs(v);
  if (!(size >= 1)) return colour("line2");
  return size < 2 ? colour("control") : colour((v > 0 ? "zp" : "zn") + (size < 3 ? 3 : 4));
}

/** Every trace, in a fixed order, so that appended bars can extend them. */
export function traces(series, view, colour) {
  const x = series.get("t0_ms");
  const wide = view.tfMs;
  const line = (field, axis, ink, more) => ({ type: "scatter", mode: "lines", x, y: holes(series.get(field)), yaxis: axis, line: { color: ink, width: 1.25 }, connectgaps: false, hoverinfo: "skip", ...more });
  const bars = (values, axis, ink, share) => ({ type: "bar", x, y: holes(values), yaxis: axis, width: wide * share, offset: (wide * (1 - share)) / 2, marker: { color: ink, line: { width: 0 } }, hoverinfo: "skip" });
  const delta = series.get("delta");
  const z = series.z(view.z, view.window);
  const middle = x.map((t) => t + wide / 2);
  return [
    {
      ...{ type: "candlestick", x: middle, open: holes(series.get("open")), high: holes(series.get("high")), low: holes(series.get("low")), close: holes(series.get("close")) },
      ...{ yaxis: "y", whiskerwidth: 0, hoverinfo: "skip" },
      increasing: { line: { color: colour("up"), width: 1 }, fillcolor: colour("surface") },
      decreasing: { line: { color: colour("down"), width: 1 }, fillcolor: colour("down") },
    },
    bars(series.get("vol_usd"), "y2", colour("line2"), 0.8),
    bars(delta, "y2", delta.map((d) => colour(d > 0 ? "up" : "down")), 0.5),
    line("oi_usd", "y3", colour("ink"), { x: middle }),
    line("funding_8h", "y4", colour("ink2"), { x: middle, line: { color: colour("ink2"), width: 1.25, shape: "hv" }, fill: "tozeroy", fillcolor: colour("raised") }),
    bars(z, "y5", z.map((v) => zColour(v, colour)), 0.62),
  ];
}

/** What extendTraces needs for the bars from `from` on. */
export function additions(all, from) {
  const tail = (values) => values.slice(from);
  return all.map((trace) => {
    const more = { x: [tail(trace.x)] };
    if (trace.type === "candlestick") for (const key of ["open", "high", "low", "close"]) more[key] = [tail(trace[key])];
    else more.y = [tail(trace.y)];
    if (Array.isArray(trace.marker?.color)) more["marker.color"] = [tail(trace.marker.color)];
    return more;
  });
}

function reach(values, from, to, zero) {
  let [low, high] = zero ? [0, 0] : [Infinity, -Infinity];
  for (let i = from; i < to; i++) {
    const v = values[i];
    if (v < low) low = v;
    if (v > high) high = v;
  }
  return low <= high ? [low, high] : null;
}

const padded = ([low, high], below, above) => {
  const span = high - low || Math.abs(high) * 0.002 || 1;
  return [low - span * below, high + span * above];
};

/** Ranges and ticks of all panes over the bars [from, to). */
export function ranges(series, view, from, to) {
  const lows = reach(series.get("low"), from, to);
  const highs = reach(series.get("high"), from, to);
  const last = Number.isFinite(view.last) ? view.last : NaN;
  const prices = lows && highs ? padded([Math.min(lows[0], Number.isNaN(last) ? Infinity : last), Math.max(highs[1], Number.isNaN(last) ? -Infinity : last)], 0.04, 0.2) : [0, 1];
  const volumes = reach(series.get("vol_usd"), from, to, true) || [0, 1];
  const deltas = reach(series.get("delta"), from, to, true) || [0, 0];
  const flows = padded([Math.min(deltas[0], -volumes[1] * 0.12), volumes[1]], 0.05, 0.3);
  const oi = padded(reach(series.get("oi_usd"), from, to) || [0, 1], 0.12, 0.45);
  const rates = padded(reach(series.get("funding_8h"), from, to, true) || [0, 1e-4], 0.1, 0.55);
  const far = Math.max(4.2, ...(reach(series.z(view.z, view.window), from, to, true) || [0]).map((v) => Math.abs(v) * 1.1));
  const z = [-far, far * 1.25];
  // a tick under an axis tag would be cut by it
  const tagged = tags(series, view).map(([pane, v]) => [pane, v]);
  const clear = (pane, range, v) => tagged.every(([p, t]) => p !== pane || Math.abs(v - t) > ((range[1] - range[0]) * 15) / (view.height * (PANES[pane].domain[1] - PANES[pane].domain[0])));
  const axis = (pane, range, n, text) => {
    const [found, step] = ticks(range, n);
    const values = found.filter((v) => clear(pane, range, v));
    return { range, tickvals: values, ticktext: values.map((v) => text(v, step)) };
  };
  const plain = (v, step) => price(v, Math.max(view.tick || 0, 10 ** Math.floor(Math.log10(step))));
  return [
    axis(0, prices, view.tall ? 6 : 4, plain),
    axis(1, flows, 2, (v) => (v ? money(v) : "0")),
    axis(2, oi, 2, (v) => money(v)),
    axis(3, rates, 2, (v) => (v ? funding(v) : "0")),
    ((values) => ({ range: z, tickvals: values, ticktext: values.map((v) => signed(v, 0) || "0") }))([-3, 0, 3].filter((v) => clear(4, z, v))),
  ];
}

/** The lines of text over the panes for bar i: [[label, value, tone] …] each. */
export function readouts(series, view, i) {
  const at = (field) => (i >= 0 && i < series.n ? series.get(field)[i] : NaN);
  const tone = (v) => (v > 0 ? "up" : v < 0 ? "down" : "");
  const z = series.z(view.z, view.window)[i];
  const p = (field) => price(at(field), view.tick);
  const missing = !Number.isFinite(at("close"));
  const liquidated = at("liq_long_usd") + at("liq_short_usd") > 0 ? [["liquidated long", money(at("liq_long_usd")), ""], ["short", money(at("liq_short_usd")), ""], ["at least", "", ""]] : [];
  return [
    missing ? [["Price", "no bar", ""]] : [["Price\u2002O", p("open"), ""], ["H", p("high"), ""], ["L", p("low"), ""], ["C", p("close"), ""], ["", percent(at("ret")) + "\u00a0%", tone(at("ret"))], ...liquidated],
    [["Volume USD", money(at("vol_usd")), ""], ["delta", money(at("delta"), true), tone(at("delta"))]],
    [["Open interest USD", money(at("oi_usd")), ""], ["", Number.isFinite(at("oi_dlog")) ? percent(at("oi_dlog")) + "\u00a0%" : "", ""]],
    [["Funding % 8 h", funding(at("funding_8h")), ""], ["premium bp", bp(at("premium")), ""]],
    [[`Z of ${Z_LABELS[view.z]}, ${view.window} bars`, Number.isFinite(z) ? zscore(z) : "not there: warm-up, gap or no spread", ""], ["coverage", signed(at("coverage") * 100, 0).replace("+", "") + "\u00a0%", ""]],
  ];
}

/** The tags on the axis: [pane, value, text, class]. */
export function tags(series, view) {
  const newest = (values) => {
    for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
    return NaN;
  };
  const closes = series.get("close");
  const last = Number.isFinite(view.last) ? view.last : newest(closes);
  const z = newest(series.z(view.z, view.window));
  return [
    [0, last, price(last, view.tick), last >= newest(closes) ? "up" : "down"],
    [2, newest(series.get("oi_usd")), money(newest(series.get("oi_usd"))), "strong"],
    [3, newest(series.get("funding_8h")), funding(newest(series.get("funding_8h"))), ""],
    [4, z, zscore(z), ""],
  ].filter((tag) => Number.isFinite(tag[1]));
}

