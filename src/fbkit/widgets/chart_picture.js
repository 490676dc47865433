// The chart as a picture: what lies over it as text becomes part of it, and it says whose market it is.

import { h } from "./dom.js";
import { gapsOf } from "./chart_gaps.js";
import { chips } from "./chart_over.js";
import { dated, readouts, tags } from "./chart_words.js";

const HEAD = 40;

const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");

const label = (text, more) => ({ text, showarrow: false, xanchor: "left", yanchor: "top", borderpad: 1, ...more });

function readoutLabels(series, view, colour) {
  const told = readouts(series, view, series.n - 1);
  return view.panes.map(({ key, domain }) => {
    const parts = told[key].map(([name, value, tone]) => `${plain(name)} ${value ? `<b><span style="color:${colour(tone || "ink")}">${plain(value)}</span></b>` : ""}`);
    return label(parts.join("  "), { xref: "paper", yref: "paper", x: 0.006, y: domain[1], bgcolor: colour("surface"), font: { size: 11, color: colour("ink2") } });
  });
}

function tagLabels(series, view, colour) {
  const inks = { up: "up", down: "down", strong: "ink" };
  return tags(series, view).map(([key, value, text, cls]) => {
    const axis = view.panes.find((pane) => pane.key === key).axis;
    return label(`<b>${plain(text)}</b>`, { xref: "paper", x: 1, yref: axis, y: value, yanchor: "middle", bgcolor: colour(inks[cls] || "ink2"), borderpad: 2, font: { size: 11, color: colour("surface") } });
  });
}

function chipLabels(view, alerts, [from, to], wide, colour) {
  const at = (t1) => (t1 > from && t1 < to ? ((t1 - view.tfMs / 2 - from) / (to - from)) * wide : null);
  const ground = (tier) => colour(tier < 2 || tier > 4 ? "surface" : "zp" + tier);
  const ink = (tier) => colour(tier === 4 ? "zink4" : tier > 4 ? "bad" : "ink");
  const shown = view.drawn.includes("alerts") ? chips(alerts, at) : [];
  return shown.map(({ x, tier }) => label(`<b>${tier}</b>`, { xref: "paper", x: x / wide, yref: "paper", y: 0.965, xanchor: "center", bgcolor: ground(tier), bordercolor: colour(tier > 4 ? "bad" : "control"), borderpad: 2, font: { size: 10, color: ink(tier) } }));
}

function gapLabels(series, view, colour) {
  const bottom = view.panes[0].domain[0];
  return gapsOf(series, view).map((gap) => label(`gap<br>${gap.length}<br>${gap.state}`, { x: (gap.from + gap.to) / 2, yref: "paper", y: bottom + 0.005, xanchor: "center", yanchor: "bottom", font: { size: 11, color: colour("ink3") } }));
}

/** Save what is shown as PNG, twice as fine as the screen. */
export async function savePicture(Plotly, gd, { series, view, alerts, colour, instrument, market, range, size }) {
  const until = series.n ? series.get("t0_ms")[series.n - 1] + view.tfMs : NaN;
  const title = [`<b>${plain(instrument)}</b>`, view.tf, plain(market || "market not known yet"), `to ${dated(until)} UTC`].join(" \u00b7 ");
  const annotations = [...readoutLabels(series, view, colour), ...tagLabels(series, view, colour), ...chipLabels(view, alerts, range, gd._fullLayout.xaxis._length, colour), ...gapLabels(series, view, colour)];
  const layout = { ...gd.layout, annotations, title: { text: title, x: 0.006, y: 0.985, yanchor: "top", font: { size: 13, color: colour("ink") } }, margin: { ...gd.layout.margin, t: HEAD } };
  const url = await Plotly.toImage({ data: gd.data, layout }, { format: "png", width: size[0], height: size[1] + HEAD, scale: 2 });
  const name = `fbkit-${instrument}-${view.tf}-${(market || "unknown").split(",")[0]}`.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  Object.assign(h("a"), { href: url, download: name + ".png" }).click();
}
