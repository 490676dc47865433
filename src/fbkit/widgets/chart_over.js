// What lies over plotly as text: readouts, tags, alert chips, lengths of gaps, the crosshair, the open bar.

import { clock } from "./format.js";
import { h, write } from "./dom.js";
import { gapsOf } from "./chart_gaps.js";
import { dated, readouts, tags } from "./chart_words.js";

const CHIP = 17;
const TAG_ROOM = 66;

/** Alerts as chips at { x px, tier, alerts }: of those that would cover one another one is shown, of the highest tier. */
export function chips(alerts, at) {
  const placed = [];
  for (const alert of [...alerts].sort((a, b) => a.t1_ms - b.t1_ms)) {
    const x = at(alert.t1_ms);
    if (x === null) continue;
    const near = placed[placed.length - 1];
    if (near && x - near.x < CHIP) {
      near.alerts.push(alert);
      near.tier = Math.max(near.tier, alert.tier);
    } else placed.push({ x, alerts: [alert], tier: alert.tier });
  }
  return placed;
}

function chip({ x, alerts, tier }, choose) {
  const el = h("button", `tier t${tier}`, String(tier));
  el.type = "button";
  el.style.left = x.toFixed(1) + "px";
  const told = alerts.slice(0, 6).map((alert) => `${clock(alert.t1_ms).slice(0, 5)} ${alert.sentence}`);
  el.title = told.join("\n") + (alerts.length > 6 ? `\nand ${alerts.length - 6} more` : "");
  el.setAttribute("aria-label", `Tier ${tier}: ${told[0]}${alerts.length > 1 ? `, and ${alerts.length - 1} more` : ""}`);
  el.addEventListener("click", () => choose(alerts[alerts.length - 1].t1_ms));
  return el;
}

export class Over {
  constructor(choose) {
    this.choose = choose;
    this.lines = {};
    this.readBox = h("div");
    this.lane = h("div", "lane");
    this.tagBox = h("div");
    this.lastLine = h("div", "lastline");
    this.crossLine = h("div", "xline");
    this.crossTag = h("div", "xtag");
    this.open = h("div", "openbar", h("i"));
    this.el = h("div", "over", this.lastLine, this.open, this.readBox, this.crossLine, this.lane, this.tagBox, this.crossTag);
    this.crossLine.hidden = this.crossTag.hidden = this.open.hidden = true;
  }

  /** After plotly drew or moved: everything. */
  place(gd, series, view, alerts, pointer) {
    const layout = gd._fullLayout;
    const x = layout.xaxis;
    for (const { key } of view.panes) this.lines[key] ??= this.readBox.appendChild(h("div", "read"));
    for (const [key, line] of Object.entries(this.lines)) {
      const axis = layout[view.panes.find((one) => one.key === key)?.layoutKey]; // none until plotly drew this many panes
      line.hidden = !axis;
      if (axis) line.style.top = axis._offset + 1 + "px";
    }
    const at = (t1) => {
      const px = x._offset + x.d2p(t1 - view.tfMs / 2);
      return px < 4 || px > x._offset + x._length ? null : px;
    };
    const shown = view.drawn.includes("alerts") ? chips(alerts, at) : [];
    this.lane.replaceChildren(...shown.map((one) => chip(one, this.choose)), ...this.gapTags(x, layout.yaxis, series, view));
    this.live(gd, series, view);
    this.read(gd, series, view, pointer);
  }

  gapTags(x, y, series, view) {
    let right = -Infinity;
    return gapsOf(series, view).flatMap((gap) => {
      const [from, to] = [x.d2p(gap.from), x.d2p(gap.to)];
      const middle = (from + to) / 2 + x._offset;
      if (to < 0 || from > x._length || middle - right < TAG_ROOM) return [];
      right = middle;
      const tag = h("div", "gaptag", "gap", h("br"), gap.length, h("br"), gap.state);
      tag.style.cssText = `left:${middle.toFixed(1)}px;top:${(y._offset + y._length - 46).toFixed(0)}px`;
      return [tag];
    });
  }

  /** What moves with every price: tags, the line of the last price, the open bar. */
  live(gd, series, view) {
    const all = tags(series, view);
    while (this.tagBox.children.length < all.length) this.tagBox.append(h("div", "tag"));
    [...this.tagBox.children].forEach((tag, i) => {
      const [key, value, text, cls] = all[i] || [];
      const y = gd._fullLayout[view.panes.find((pane) => pane.key === key)?.layoutKey];
      tag.hidden = !y;
      if (tag.hidden) return;
      const at = Math.max(y._offset + 8, Math.min(y._offset + y._length - 8, y._offset + y.d2p(value)));
      write(tag, text);
      tag.className = "tag " + cls;
      tag.style.top = (at - 8).toFixed(1) + "px";
      if (key !== "price") return;
      this.lastLine.className = "lastline " + cls;
      this.lastLine.style.top = at.toFixed(1) + "px";
    });
    this.placeOpen(gd, view);
  }

  /** The bar that is not closed: dashed, for its trades are not all there. */
  placeOpen(gd, view) {
    const [x, y, bar] = [gd._fullLayout.xaxis, gd._fullLayout.yaxis, view.open];
    const left = bar ? x.d2p(bar.t0) : -1;
    const width = bar ? x.d2p(bar.t0 + view.tfMs) - left : 0;
    this.open.hidden = !bar || left < 0 || left + width > x._length;
    if (this.open.hidden) return;
    const px = (v) => Math.max(0, Math.min(y._length, y.d2p(v)));
    const [top, bottom] = [px(Math.max(bar.open, view.last)), px(Math.min(bar.open, view.last))];
    const body = Math.max(3, width * 0.7);
    this.open.className = "openbar " + (view.last >= bar.open ? "up" : "down");
    this.open.style.cssText = `left:${(x._offset + left + (width - body) / 2).toFixed(1)}px;width:${body.toFixed(1)}px;top:${(y._offset + top).toFixed(1)}px;height:${Math.max(1, bottom - top).toFixed(1)}px`;
    const [high, low] = [px(bar.high), px(bar.low)];
    this.open.firstChild.style.cssText = `top:${(high - top - 1).toFixed(1)}px;height:${Math.max(0, low - high).toFixed(1)}px`;
  }

  /** The line of text over each pane, of the bar pointed at, else of the newest; and the crosshair. */
  read(gd, series, view, pointer) {
    const i = pointer >= 0 ? pointer : series.n - 1;
    const told = readouts(series, view, i);
    for (const { key } of view.panes) {
      const line = this.lines[key];
      if (line) line.replaceChildren(...told[key].flatMap(([label, value, tone]) => [label ? ` ${label} ` : " ", value ? h("b", tone, value) : ""]));
    }
    this.crossLine.hidden = this.crossTag.hidden = pointer < 0;
    if (pointer < 0) return;
    const t0 = series.get("t0_ms")[i];
    const x = gd._fullLayout.xaxis;
    const at = x._offset + x.d2p(t0 + view.tfMs / 2);
    this.crossLine.style.left = this.crossTag.style.left = at.toFixed(1) + "px";
    write(this.crossTag, dated(t0));
  }
}
