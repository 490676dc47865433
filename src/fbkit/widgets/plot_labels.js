// Text over a plot: names at the right ends of lines, newest values as tags on an axis.

import { h } from "./dom.js";
import { written } from "./formatting.js";

const TAG = 16;

/** Labels (`y` the middle of each) moved as little as may be so that none covers another, between top and bottom. */
export function apart(labels, tall, top, bottom) {
  labels.sort((a, b) => a.y - b.y);
  let edge = top;
  for (const label of labels) edge = (label.y = Math.max(label.y, edge)) + tall;
  edge = bottom;
  for (const label of [...labels].reverse()) edge = (label.y = Math.min(label.y, edge)) - tall;
  return labels;
}

/** What stands at the right end of each trace that asks for it. */
export function endsOf(traces, samples, formatOf) {
  return traces.flatMap((trace, i) => {
    const k = samples[i].last();
    if (!trace.meta?.end || k < 0) return [];
    const axis = samples[i].across;
    const told = trace.meta.told ?? written(formatOf(trace), trace.customdata?.[k] ?? trace.y[k]);
    const y = axis._offset + axis.d2p(trace.meta.at ?? trace.y[k]);
    return Number.isFinite(y) ? [{ axis, y, text: trace.meta.end, told, ink: trace.meta.ink || trace.line?.color || "--ink" }] : [];
  });
}

/** The end labels where none covers another: in two lines each, or in one where there are many. */
export function settled(ends, height) {
  const tall = ends.some((end) => end.told) && ends.length * 27 <= height ? 27 : 14;
  for (const end of ends) end.tall = tall;
  return apart(ends, tall, tall / 2, height - tall / 2);
}

/** The end labels as elements, at `x`. */
export function drawEnds(ends, x, height, colour) {
  return settled(ends, height).map((end) => {
    const el = h("div", end.tall > 14 ? "end" : "end flat", h("b", "", end.text), h("span", "s", end.told));
    el.style.cssText = `left:${x + 8}px;top:${(end.y - end.tall / 2).toFixed(1)}px`;
    // a colour that does for a line is too faint for words on a light ground: ink is mixed in
    el.firstChild.style.color = `color-mix(in srgb, ${colour(end.ink)} 70%, var(--ink))`;
    return el;
  });
}

/** The newest value of each trace that has a tag: where, what, in which tone (`up down strong` or none). */
export function tagsOf(traces, samples, formatOf) {
  return traces.flatMap((trace, i) => {
    const k = samples[i].last();
    if (trace.meta?.tag === undefined || k < 0) return [];
    const axis = samples[i].across;
    const at = Math.max(0, Math.min(axis._length, axis.d2p(trace.y[k])));
    return [{ axis, y: axis._offset + at, text: trace.meta.told ?? written(formatOf(trace), trace.y[k]), tone: trace.meta.tag }];
  });
}

/** The tags as elements, at `x`; those of one axis do not cover one another. */
export function drawTags(tags, x, width, height) {
  return apart(tags, TAG + 1, TAG / 2, height - TAG / 2).map((tag) => {
    const el = h("div", "tag " + tag.tone, tag.text);
    el.style.cssText = `left:${x}px;top:${(tag.y - TAG / 2).toFixed(1)}px;width:${width}px`;
    return el;
  });
}

/** Ticks of an axis without those that a tag or a name at its side would cover. */
export function clearOf(made, axis, labels) {
  const beside = labels.filter((label) => label.axis === axis && axis.side === "right");
  const free = made.tickvals.map((v) => beside.every((label) => Math.abs(axis._offset + axis.d2p(v) - label.y) >= (label.tall || TAG) / 2 + 6));
  return { tickvals: made.tickvals.filter((_, i) => free[i]), ticktext: made.ticktext.filter((_, i) => free[i]) };
}
