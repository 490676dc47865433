// The accounting at the foot of the page: how many instruments are fresh, how much was covered, how fast it all is.

import { NBSP, clock, count, countdown, signed } from "./format.js";
import { dress, follow, h, marketNow, page, write } from "./dom.js";

const KIND_NAMES = { robust: "robust ", ewma: "EWMA " };
const LENGTHS = { "1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400 };

function p95() {
  const sorted = [...page.latencies].sort((a, b) => a - b);
  return sorted.length >= 5 ? sorted[Math.floor(0.95 * (sorted.length - 1))] : NaN;
}
page.p95 = p95;

function render({ model, el }) {
  dress(el, model, "fb-foot");
  const field = (before, after, cls, title) => {
    const value = h("b");
    const span = h("span", cls || "", before, value, after || "");
    if (title) span.title = title;
    el.append(span);
    return value;
  };
  const instruments = field("", " instruments");
  const venues = field("", " venues");
  const fresh = field("", " fresh");
  const stale = field("", " stale", "warn");
  const coverage = field("coverage ", "", "", "Mean coverage of the last closed bars");
  const judged = field("Z ", "", "", "The bar judged is not part of its own baseline");
  const closes = field("bar closes in ");
  el.append(h("span", "sp"));
  const stored = field("stored ", "", "", "Events stored since this run of the collector began");
  const rate = field("", " events/s");
  const screen = field("p95 to screen ", "", "", "From the hub's clock in a message to the frame after it was drawn; newest 200 to 300");
  const beats = field("beat ", "", "", "When the collector's clock last ticked");
  const show = (value, text, on) => {
    write(value, text);
    value.parentElement.hidden = !on;
  };
  const draw = () => {
    const total = model.get("instruments");
    show(instruments, count(total), total > 0);
    show(venues, count(model.get("venues")), model.get("venues") > 1);
    show(fresh, count(model.get("fresh")), total > 0);
    show(stale, count(total - model.get("fresh")), total > model.get("fresh"));
    const share = model.get("coverage");
    show(coverage, share === null ? "" : signed(share * 100, 1).replace("+", "") + NBSP + "%", share !== null);
    show(judged, `${KIND_NAMES[model.get("kind")] || ""}${model.get("window")} \u00d7 ${model.get("tf")}, this bar excluded`, true);
    const length = LENGTHS[model.get("tf")];
    show(closes, countdown(length - ((marketNow() / 1000) % length)), Boolean(length) && model.get("runs"));
    show(stored, count(model.get("stored")), model.get("stored") > 0);
    show(rate, count(model.get("events_s")), model.get("events_s") !== null);
    show(screen, Math.round(p95()) + NBSP + "ms", Number.isFinite(p95()));
    show(beats, clock(model.get("beat_ms")), model.get("beat_ms") > 0);
  };
  const undo = follow(model, ["instruments", "venues", "fresh", "coverage", "tf", "window", "kind", "stored", "events_s", "beat_ms", "runs"], draw);
  const timer = setInterval(draw, 1000);
  return () => (undo(), clearInterval(timer));
}

export default { render };
