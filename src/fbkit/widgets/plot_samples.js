// Which sample of a trace stands at a place of its axis.

import { inert } from "./plot_colour.js";

const NEAR_PX = 24;

/** An instant as plotly gives it back (text, UTC) in ms; numbers are left alone. */
export const asMs = (value) => (typeof value === "number" ? value : Date.parse(String(value).replace(" ", "T") + (String(value).length > 10 ? "Z" : "T00:00Z")));

/** Where a value lies along an axis: ms of time, the logarithm on a log axis, the place among categories. */
function along(axis, value) {
  if (axis.type === "category") return axis._categories.indexOf(typeof value === "string" ? inert(value) : value);
  if (axis.type === "log") return Math.log10(value);
  return asMs(value);
}

function middleStep(places) {
  const steps = [];
  for (let i = 1; i < places.length && steps.length < 200; i++) if (places[i] !== places[i - 1]) steps.push(Math.abs(places[i] - places[i - 1]));
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] || 0;
}

/** A trace's values by where they lie along the axis that is pointed along. */
export class Samples {
  constructor(trace, axes) {
    this.lying = trace.orientation === "h";
    this.axis = axes[(this.lying ? trace.yaxis : trace.xaxis) || (this.lying ? "y" : "x")];
    this.across = axes[(this.lying ? trace.xaxis : trace.yaxis) || (this.lying ? "x" : "y")];
    const [along_, values] = this.lying ? [trace.y, trace.x] : [trace.x, trace.y];
    this.keys = along_ || [];
    this.values = values || [];
    this.places = this.keys.map((value) => along(this.axis, value));
    this.dots = trace.mode === "markers" && this.axis.type !== "date";
    this.sorted = this.places.every((place, i) => !i || place >= this.places[i - 1]);
    this.step = middleStep(this.places);
  }

  /** The place of the newest value that is there, or -1. */
  last() {
    let k = this.values.length - 1;
    while (k >= 0 && !Number.isFinite(this.values[k])) k -= 1;
    return k;
  }

  /** The sample nearest to a place along the axis (for dots: to a point in pixels), or -1 where none is near. */
  near(place, point) {
    if (this.dots) return point ? this.nearDot(point) : -1;
    const k = this.sorted ? this.nearSorted(place) : this.nearest((i) => Math.abs(this.places[i] - place));
    const reach = this.axis.type === "category" ? 0.5 : Math.max(this.step * 0.75, this.axis.type === "date" ? 0 : Math.abs(this.axis.p2l(NEAR_PX) - this.axis.p2l(0)));
    return k >= 0 && Math.abs(this.places[k] - place) <= reach ? k : -1;
  }

  nearDot([px, py]) {
    const [x, y] = [this.axis, this.across];
    const far = (i) => Math.hypot(x.l2p(this.places[i]) + x._offset - px, y.d2p(this.values[i]) + y._offset - py);
    const k = this.nearest(far);
    return k >= 0 && far(k) <= NEAR_PX ? k : -1;
  }

  nearest(far) {
    let best = -1;
    for (let i = 0; i < this.places.length; i++) if (best < 0 || far(i) < far(best)) best = i;
    return best;
  }

  nearSorted(place) {
    let [low, high] = [0, this.places.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.places[middle] < place) low = middle + 1;
      else high = middle;
    }
    if (low > 0 && place - this.places[low - 1] <= this.places[low] - place) low -= 1;
    return this.there(low);
  }

  /** Of samples at one place, one that has a value. */
  there(k) {
    for (let i = k; i >= 0 && this.places[i] === this.places[k]; i--) if (Number.isFinite(this.values[i])) return i;
    for (let i = k; i < this.places.length && this.places[i] === this.places[k]; i++) if (Number.isFinite(this.values[i])) return i;
    return k;
  }
}
