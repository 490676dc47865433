// plotly's layout of the stacked panes: one time axis, hairlines between, Z bands, gaps.

import { timeTicks } from "./axis_ticks.js";
import { axesOf } from "./chart_panes.js";
import { gapsOf } from "./chart_gaps.js";

export const RIGHT = 68;
const BOTTOM = 20;
const NARROW = 500; // a finger on a phone moves the page, not the bars

/** The bars [from, to) inside a range of time. */
function inside(series, view, [a, b]) {
  const x = series.get("t0_ms");
  const from = x.findIndex((t) => t + view.tfMs > a);
  let to = series.n;
  while (to > 0 && x[to - 1] > b) to -= 1;
  return [Math.max(0, from), to];
}

function zBands(axis, range, colour) {
  const band = (y0, y1, ink) => ({ type: "rect", xref: "paper", x0: 0, x1: 1, yref: axis, y0, y1, fillcolor: ink, line: { width: 0 }, layer: "below" });
  const rule = (y, ink, dash) => ({ type: "line", xref: "paper", x0: 0, x1: 1, yref: axis, y0: y, y1: y, layer: "below", line: { color: ink, width: 1, dash } });
  const sides = [[1, "zp"], [-1, "zn"]];
  return [
    ...sides.map(([sign, name]) => band(sign * 3, sign > 0 ? range[1] : range[0], colour(name + 1))),
    ...sides.flatMap(([sign, name]) => [rule(sign * 2, colour(name + 3), "2px,3px"), rule(sign * 3, colour(name + 3), "solid")]),
  ];
}

function gapShapes(series, view, colour) {
  const edge = { width: 1, color: colour("control"), dash: "2px,2px" };
  return gapsOf(series, view).map((gap) => ({ type: "rect", x0: gap.from, x1: gap.to, yref: "paper", y0: 0, y1: 1, fillcolor: colour("hatch"), opacity: gap.missing ? 0.6 : 0.25, line: edge, layer: "below" }));
}

/** The layout over a range of time; `room` is how wide the chart is, px. */
export function chartLayout(series, view, range, colour, family, room) {
  const axes = axesOf(series, view, ...inside(series, view, range));
  const grid = { gridcolor: colour("line"), zeroline: false, showline: false, ticks: "", tickfont: { size: 11, color: colour("ink3") } };
  const last = view.panes[view.panes.length - 1];
  const hairline = (pane) => ({ type: "line", xref: "paper", x0: 0, x1: 1.2, yref: "paper", y0: pane.domain[1] + 0.0085, y1: pane.domain[1] + 0.0085, line: { color: colour("line2"), width: 1 } });
  const out = {
    ...{ paper_bgcolor: colour("surface"), plot_bgcolor: colour("surface"), showlegend: false, hovermode: false, dragmode: room < NARROW ? false : "pan", barmode: "overlay" },
    ...{ margin: { l: 0, r: RIGHT, t: 4, b: BOTTOM, pad: 0 }, font: { family, size: 11, color: colour("ink2") } },
    xaxis: { ...grid, type: "date", anchor: last.axis, range, rangeslider: { visible: false }, ...timeTicks(range, Math.max(3, room / 110)) },
    shapes: [...zBands(last.axis, axes[view.panes.length - 1].range, colour), ...view.panes.slice(1).map(hairline), ...gapShapes(series, view, colour)],
  };
  view.panes.forEach((pane, i) => (out[pane.layoutKey] = { ...grid, domain: pane.domain, side: "right", fixedrange: true, ...axes[i] }));
  return out;
}

/** The instants (UTC ms) at both ends of what plotly shows now. */
export function shownRange(gd) {
  return gd._fullLayout.xaxis.range.map((t) => (typeof t === "number" ? t : Date.parse(t.replace(" ", "T") + (t.length > 10 ? "Z" : "T00:00Z"))));
}
