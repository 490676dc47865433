// The stacked panes of one instrument: where each lies, what it draws, its range over the visible bars, its ticks.

import { ticks } from "./axis_ticks.js";
import { funding, money, price, signed } from "./format.js";
import { tags } from "./chart_words.js";

/** Bottom and top of each pane, as shares of the height; a low chart has no room for CVD. */
const TALL = { price: [0.6, 1], volume: [0.485, 0.585], oi: [0.37, 0.47], funding: [0.285, 0.355], cvd: [0.165, 0.27], z: [0, 0.15] };
const LOW = { price: [0.565, 1], volume: [0.42, 0.545], oi: [0.29, 0.4], funding: [0.185, 0.27], z: [0, 0.165] };

/** The panes of a chart so high, the price on top. */
export const panesFor = (height) => Object.entries(height < 430 ? LOW : TALL).map(([key, domain], i) => ({ key, domain, axis: "y" + (i ? i + 1 : ""), layoutKey: "yaxis" + (i ? i + 1 : "") }));

const holes = (values) => values.map((v) => (Number.isFinite(v) ? v : null));

function zColour(v, colour) {
  const size = Math.abs(v);
  if (!(size >= 1)) return colour("line2");
  return size < 2 ? colour("control") : colour((v > 0 ? "zp" : "zn") + (size < 3 ? 3 : 4));
}

const READOUT_PX = 19;
const LARGEST_PX = 15;
const SMALLEST_PX = 3.5;

/** The largest liquidation of one side in a bar, USD: the measure of all triangles. */
export const largestForced = (series) => Math.max(0, ...["liq_long_usd", "liq_short_usd"].map((field) => (series.reach(series.get(field), 0, series.n, true) || [0, 0])[1]));

/** Triangles whose area is USD: shorts point up above the bar, longs down below it; the smallest are left out. */
function forced(series, view, colour, middle, side) {
  const [field, edge, sign] = side === "short" ? ["liq_short_usd", "high", 1] : ["liq_long_usd", "low", -1];
  const [usd, at] = [series.get(field), series.get(edge)];
  const most = largestForced(series);
  const size = usd.map((v) => (most > 0 && v > 0 ? LARGEST_PX * Math.sqrt(v / most) : 0));
  const spans = series.get("high").map((v, i) => v - series.get("low")[i]).filter(Number.isFinite).sort((a, b) => a - b);
  const clear = (spans[Math.floor(spans.length / 2)] || 0) * 0.9;
  return {
    ...{ type: "scatter", mode: "markers", x: middle, y: at.map((v, i) => (view.drawn.includes("liquidations") && size[i] >= SMALLEST_PX && Number.isFinite(v) ? v + sign * clear : null)) },
    ...{ yaxis: "y", hoverinfo: "skip", cliponaxis: true },
    marker: { size, symbol: side === "short" ? "triangle-up" : "triangle-down", color: colour(side === "short" ? "up" : "down"), opacity: 0.85, line: { width: 1, color: colour("surface") } },
  };
}

/** Every trace, in a fixed order, so that appended bars can extend them; `grid` says which lie on the grid of bars. */
export function traces(series, view, colour) {
  const x = series.get("t0_ms");
  const wide = view.tfMs;
  const axis = Object.fromEntries(view.panes.map((pane) => [pane.key, pane.axis]));
  const middle = x.map((t) => t + wide / 2);
  const line = (field, on, ink, more) => ({ type: "scatter", mode: "lines", x: middle, y: holes(series.get(field)), yaxis: on, line: { color: ink, width: 1.25 }, connectgaps: false, hoverinfo: "skip", ...more });
  const bars = (values, on, ink, share) => ({ type: "bar", x, y: holes(values), yaxis: on, width: wide * share, offset: (wide * (1 - share)) / 2, marker: { color: ink, line: { width: 0 } }, hoverinfo: "skip" });
  const delta = series.get("delta");
  const z = series.z(view.z, view.window);
  return [
    {
      ...{ type: "candlestick", x: middle, open: holes(series.get("open")), high: holes(series.get("high")), low: holes(series.get("low")), close: holes(series.get("close")) },
      ...{ yaxis: "y", whiskerwidth: 0, hoverinfo: "skip" },
      increasing: { line: { color: colour("up"), width: 1 }, fillcolor: colour("surface") },
      decreasing: { line: { color: colour("down"), width: 1 }, fillcolor: colour("down") },
    },
    forced(series, view, colour, middle, "short"),
    forced(series, view, colour, middle, "long"),
    bars(series.get("vol_usd"), axis.volume, colour("line2"), 0.8),
    bars(delta, axis.volume, delta.map((d) => colour(d > 0 ? "up" : "down")), 0.5),
    line("oi_usd", axis.oi, colour("ink")),
    line("funding_8h", axis.funding, colour("ink2"), { line: { color: colour("ink2"), width: 1.25, shape: "hv" }, fill: "tozeroy", fillcolor: colour("raised") }),
    ...(axis.cvd ? [line("cvd", axis.cvd, colour("ink"))] : []),
    bars(z, axis.z, z.map((v) => zColour(v, colour)), 0.62),
    settled(view, axis.funding, colour, x),
  ];
}

/** Settlements as rings, where they fall into the bars shown. */
function settled(view, on, colour, x) {
  const some = view.settled.filter((one) => x.length && one.t_ms >= x[0] && one.t_ms <= x[x.length - 1] + view.tfMs);
  return { type: "scatter", mode: "markers", x: some.map((one) => one.t_ms), y: some.map((one) => one.rate_8h), yaxis: on, hoverinfo: "skip", marker: { size: 5, color: colour("surface"), line: { color: colour("ink"), width: 1.25 } } };
}

/** Places of the traces that lie on the grid of bars: all but the settlements. */
export const onGrid = (all) => all.map((_, i) => i).slice(0, -1);

/** What extendTraces needs for the bars from `from` on: groups of [update, indices] of traces that have alike arrays. */
export function additions(all, from) {
  const groups = new Map();
  for (const i of onGrid(all)) {
    const trace = all[i];
    const keys = ["x", ...(trace.type === "candlestick" ? ["open", "high", "low", "close"] : ["y"]), ...["color", "size"].filter((key) => Array.isArray(trace.marker?.[key])).map((key) => "marker." + key)];
    const name = keys.join();
    if (!groups.has(name)) groups.set(name, [Object.fromEntries(keys.map((key) => [key, []])), []]);
    const [update, places] = groups.get(name);
    for (const key of keys) update[key].push((key.startsWith("marker.") ? trace.marker[key.slice(7)] : trace[key]).slice(from));
    places.push(i);
  }
  return [...groups.values()];
}

const padded = ([low, high], below, above) => {
  const span = high - low || Math.abs(high) * 0.002 || 1;
  return [low - span * below, high + span * above];
};

/** How far a pane goes on above its data, so that its line of text covers none of it; as a share of the data's span. */
function headroom(view, key) {
  const [bottom, top] = view.panes.find((pane) => pane.key === key)?.domain || [0, 1];
  return READOUT_PX / Math.max(READOUT_PX, view.height * (top - bottom) - READOUT_PX);
}

/** The range of each pane over the bars [from, to). */
function rangesOf(series, view, from, to) {
  const reach = (values, zero) => series.reach(values, from, to, zero);
  const [lows, highs] = [reach(series.get("low")), reach(series.get("high"))];
  const last = Number.isFinite(view.last) && to === series.n ? [view.last] : [];
  const volumes = reach(series.get("vol_usd"), true) || [0, 1];
  const deltas = reach(series.get("delta"), true) || [0, 0];
  const far = Math.max(4.2, ...(reach(series.z(view.z, view.window), true) || [0]).map((v) => Math.abs(v) * 1.1));
  const rates = [...(reach(series.get("funding_8h"), true) || [0, 1e-4]), ...view.settled.map((one) => one.rate_8h)];
  return {
    price: lows && highs ? padded([Math.min(lows[0], ...last), Math.max(highs[1], ...last)], 0.05, view.panes.length > 5 ? 0.17 : 0.2) : [0, 1],
    volume: padded([Math.min(deltas[0], -volumes[1] * 0.12), volumes[1]], 0.05, headroom(view, "volume")),
    oi: padded(reach(series.get("oi_usd")) || [0, 1], 0.12, headroom(view, "oi")),
    funding: padded([Math.min(...rates), Math.max(...rates)], 0.15, headroom(view, "funding") + 0.1),
    cvd: padded(reach(series.get("cvd"), true) || [0, 1], 0.1, headroom(view, "cvd")),
    z: padded([-far, far], 0, headroom(view, "z") * 0.6),
  };
}

const KINDS_OF_TICK = {
  price: (view) => [view.tall ? 6 : 4, (v, step) => price(v, Math.max(view.tick || 0, 10 ** Math.floor(Math.log10(step))))],
  volume: () => [3, (v) => (v ? money(v) : "0")],
  oi: () => [2, (v) => money(v)],
  funding: () => [2, (v) => (v ? funding(v) : "0")],
  cvd: () => [3, (v) => (v ? money(v, true) : "0")],
};

/** Ranges and ticks of all panes over the bars [from, to), by pane; a tick under an axis tag is left out. */
export function axesOf(series, view, from, to) {
  const ranges = rangesOf(series, view, from, to);
  const tagged = tags(series, view);
  return view.panes.map(({ key, domain }) => {
    const range = ranges[key];
    const near = ((range[1] - range[0]) * 15) / (view.height * (domain[1] - domain[0]));
    const clear = (v) => tagged.every(([pane, t]) => pane !== key || Math.abs(v - t) > near);
    if (key === "z") {
      const values = [-3, 0, 3].filter(clear);
      return { range, tickvals: values, ticktext: values.map((v) => signed(v, 0)) };
    }
    const [n, text] = KINDS_OF_TICK[key](view);
    const fitting = (m) => ticks(range, m).map((found) => (Array.isArray(found) ? found.filter((v) => clear(v) && v < range[1] - near * 0.6 && v > range[0] + near * 0.4) : found));
    const [values, step] = [n, n + 1.5, n + 3].map(fitting).find(([some]) => some.length > 1) || fitting(n);
    // two ticks of one text say nothing of what lies between them
    const apart = values.filter((v, i) => !i || text(v, step) !== text(values[i - 1], step));
    return { range, tickvals: apart, ticktext: apart.map((v) => text(v, step)) };
  });
}
