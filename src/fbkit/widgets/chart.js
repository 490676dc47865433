// Stacked charts of one instrument. plotly draws bars and lines and is asked to draw only when a bar closes or the view
// moves; what changes with every price (tag, line) and with the pointer (readouts, crosshair) lies over it as text.

import { percent, price } from "./format.js";
import { dress, faultBox, follow, h, marketNow, onTheme, segmented, token, write } from "./dom.js";
import { Series, Z_LABELS } from "./chart_series.js";
import { additions, largestForced, onGrid, panesFor, traces } from "./chart_panes.js";
import { chartLayout, shownRange } from "./chart_layout.js";
import { Over } from "./chart_over.js";
import { savePicture } from "./chart_picture.js";
import { plotly } from "./plotly_bundle.js";

const DRAWN_AS = { displayModeBar: false, responsive: false, scrollZoom: true, doubleClick: false };

/** The heading of a chart that stands alone; where tools around it say all that, it is left out. */
function heading(model, frame) {
  const title = h("h2", "");
  const venue = h("span", "s");
  const market = h("span", "s whose");
  const last = h("span", "big");
  const change = h("span");
  const zs = h("span", "zs");
  const spans = segmented("Bars shown", [[80, "80"], [160, "160"], [0, "all"]], (n) => (frame.bars(n), spans.press(n)));
  spans.classList.add("bars");
  spans.press(160);
  const close = h("button", "btn closer", "\u00d7");
  close.type = "button";
  close.title = "Close";
  close.addEventListener("click", () => head.closest(".fb-tab")?.classList.remove("sheet"));
  const head = h("div", "head", title, venue, market, last, change, h("span", "sp"), h("span", "tl", "Z of"), zs, h("span", "tl", "bars"), spans, close);
  let buttons = null;
  const named = () => {
    head.hidden = !model.get("heading");
    const [where, symbol] = model.get("instrument").split(":");
    write(title, symbol || "Charts");
    write(venue, symbol ? where + ", " + model.get("tf") : "");
    write(market, model.get("market"));
    if (head.hidden) return;
    const columns = ["ret", "ln_vol", "oi_dlog", "taker_imb", ["1h", "4h", "1d"].includes(model.get("tf")) ? "funding_8h" : "premium"];
    if (buttons?.key !== columns.join()) {
      buttons = segmented("Z of", columns.map((c) => [c, Z_LABELS[c]]), (c) => (model.set("z", c), model.save_changes()));
      buttons.key = columns.join();
      zs.replaceChildren(buttons);
      if (!columns.includes(model.get("z"))) ((model.set("z", columns[4])), model.save_changes());
    }
    buttons.press(model.get("z"));
  };
  const live = () => {
    const [v, d] = [model.get("last"), model.get("day_change")];
    write(last, Number.isFinite(v) ? price(v, model.get("tick")) : "");
    write(change, Number.isFinite(d) && d !== null ? `${percent(d)}\u00a0% 24 h` : "");
    change.className = "chg " + (d > 0 ? "up" : d < 0 ? "down" : "");
  };
  return { head, named, live };
}

function render({ model, el }) {
  dress(el, model, "fb-chart");
  const frame = { bars: (n) => ((shown = n), fit()) };
  const { head, named, live } = heading(model, frame);
  const plot = h("div", "plot");
  const over = new Over((t1) => point(t1));
  const loading = h("div", "loading", ...[70, 88, 52].map((w) => Object.assign(h("div", "sk"), { style: `width:${w}%` })), h("span", "l"));
  const picture = h("button", "btn png", "PNG");
  picture.type = "button";
  picture.title = "Save these charts as a picture";
  const stage = h("div", "stage", plot, over.el, picture, loading);
  stage.tabIndex = 0;
  stage.setAttribute("role", "group");
  el.append(head, stage);

  let Plotly = null;
  let gd = null;
  let series = new Series(null, []);
  let shown = 160;
  let moved = null; // where the viewer panned to; null: the newest bars
  let pointer = -1;
  let pinned = -1; // t1 of the bar that was asked for
  let drawnKey = "";
  let open = null; // the bar that is not closed, as far as it was heard
  let gone = false;
  let height = 400; // measured when it changes, not on every price
  const colour = (name) => token(el, name);
  const view = () => ({
    ...Object.fromEntries(["z", "window", "kind", "tick", "last", "tf", "settled", "gaps", "drawn"].map((name) => [name, model.get(name)])),
    ...{ tfMs: model.get("tf_s") * 1000, height, tall: height > 560, panes: panesFor(height), open },
  });
  const drawn = () => Boolean(gd?._fullLayout?.xaxis) && series.n > 0;

  // --- plotly: only when a bar closes or the view moves -----------------------------------------------------------------

  /** The newest bars: as much time as was asked for, else so many bars. */
  function newest() {
    const [x, length, span] = [series.get("t0_ms"), view().tfMs, model.get("span_s") * 1000];
    const end = x[series.n - 1] + length;
    const from = span ? Math.max(x[0], end - span) : x[shown ? Math.max(0, series.n - shown) : 0];
    return [from - length * 0.5, end + Math.max(2.5 * length, (end - from) * 0.012)];
  }

  const layout = (range) => chartLayout(series, view(), range, colour, getComputedStyle(el).fontFamily, stage.clientWidth);

  /** What, when it changes, needs everything drawn anew rather than a bar appended. */
  const keyOf = () => JSON.stringify([...["instrument", "tf", "z", "window", "kind", "drawn", "settled"].map((name) => model.get(name)), panesFor(height).length, largestForced(series)]);

  /** From which bar on `all` is newer than what is drawn; -1 where the past differs. */
  function grownFrom(all) {
    if (!gd || drawnKey !== keyOf()) return -1;
    const before = gd.data[3].x;
    const from = all[3].x.findIndex((t) => t > before[before.length - 1]);
    if (from < 1 || all[3].x[from - 1] !== before[before.length - 1]) return -1;
    const same = (a, b) => a === b || Math.abs(a - b) <= 1e-9 * Math.abs(a);
    return onGrid(all).every((i) => i < 3 || same(all[i].y[from - 1], gd.data[i].y[before.length - 1])) ? from : -1;
  }

  async function draw() {
    loading.hidden = series.n > 0;
    write(loading.lastChild, model.get("waiting") || (model.get("instrument") ? `Reading bars of ${model.get("instrument")}` : "Choose an instrument in the table"));
    if (!series.n || !stage.clientHeight) return;
    try {
      Plotly ??= await plotly(model);
    } catch (error) {
      loading.hidden = false;
      write(loading.lastChild, `The charts cannot be drawn: ${error.message}. Reload the page to try again.`);
      return;
    }
    if (gone) return;
    const all = traces(series, view(), colour);
    const from = grownFrom(all);
    const range = moved || newest();
    if (from > 0) {
      for (const [update, places] of additions(all, from)) await Plotly.extendTraces(gd, update, places, Math.max(series.n, 1));
      await Plotly.relayout(gd, layout(range));
    } else {
      drawnKey = keyOf();
      const first = !gd;
      gd = await Plotly.react(plot, all, layout(range), DRAWN_AS);
      if (first) {
        gd.on("plotly_relayouting", place);
        gd.on("plotly_relayout", (change) => "xaxis.range[0]" in change && ((moved = shownRange(gd)), fit()));
        gd.on("plotly_doubleclick", () => ((moved = null), fit()));
      }
    }
    place();
  }

  let wanted = false;
  let drawing = false;
  /** Draw as soon as what is being drawn is there; what was asked for twice meanwhile is drawn once. */
  async function redraw() {
    wanted = true;
    if (drawing) return;
    drawing = true;
    while (wanted && !gone) ((wanted = false), await draw());
    drawing = false;
  }

  const fit = () => gd && series.n && Plotly.relayout(gd, layout(moved || newest())).then(place);

  // --- over it: text ----------------------------------------------------------------------------------------------------

  const pointedAt = () => (pointer >= 0 ? pointer : pinned > 0 ? series.find(pinned - 1, view().tfMs) : -1);
  const place = () => drawn() && over.place(gd, series, view(), model.get("alerts"), pointedAt());
  const read = () => drawn() && over.read(gd, series, view(), pointedAt());

  /** Put the crosshair on the bar that ended then, and bring it into view. */
  function point(t1) {
    pinned = t1;
    if (!drawn() || t1 <= 0) return read();
    const [a, b] = shownRange(gd);
    if (t1 < a || t1 > b) {
      moved = [t1 - (b - a) / 2, t1 + (b - a) / 2];
      return fit();
    }
    return read();
  }

  function heard() {
    const [v, now] = [view(), marketNow()];
    if (!Number.isFinite(v.last) || !series.n) open = null;
    else {
      const t0 = Math.max(now - (now % v.tfMs), series.get("t0_ms")[series.n - 1] + v.tfMs);
      const close = series.newest(series.get("close"));
      if (open?.t0 !== t0 || open.of !== model.get("instrument")) open = { t0, of: model.get("instrument"), open: close, high: close, low: close };
      open.high = Math.max(open.high, v.last);
      open.low = Math.min(open.low, v.last);
    }
    live();
    if (!drawn()) return;
    const [low, high] = gd._fullLayout.yaxis.range;
    if (!moved && Number.isFinite(model.get("last")) && !(model.get("last") >= low && model.get("last") <= high)) fit();
    over.live(gd, series, view());
    if (pointedAt() < 0) read();
  }

  const follows = (event) => {
    if (!drawn() || (event.buttons && event.pointerType === "mouse")) return;
    const x = gd._fullLayout.xaxis;
    const t = x.p2d(event.clientX - stage.getBoundingClientRect().left - x._offset);
    const ms = typeof t === "number" ? t : Date.parse(String(t).replace(" ", "T") + "Z");
    const next = series.find(ms, view().tfMs);
    if (next !== pointer) ((pointer = next), read());
  };
  for (const kind of ["pointermove", "pointerdown"]) stage.addEventListener(kind, follows);
  stage.addEventListener("pointerleave", () => ((pointer = -1), read()));
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step && drawn()) {
      event.preventDefault();
      pointer = Math.max(0, Math.min(series.n - 1, (pointedAt() < 0 ? series.n : pointedAt()) + step));
      read();
    } else if (event.key === "Escape") ((pointer = -1), point(-1));
  });
  picture.addEventListener("click", () => {
    const size = [stage.clientWidth, stage.clientHeight];
    const [instrument, market] = [model.get("instrument"), model.get("market")];
    if (drawn()) savePicture(Plotly, gd, { series, view: view(), alerts: model.get("alerts"), colour, instrument, market, range: shownRange(gd), size });
  });

  // --- traits -----------------------------------------------------------------------------------------------------------

  const undo = [
    follow(model, ["instrument", "tf", "market", "z", "window", "heading"], () => (named(), stage.setAttribute("aria-label", `Charts of ${model.get("instrument")}, ${model.get("tf")}; arrow keys move along the bars`))),
    follow(model, ["instrument", "tf", "span_s"], () => ((moved = null), (pinned = -1))),
    follow(model, ["series", "z", "window", "kind", "settled", "drawn", "waiting"], () => {
      series = new Series(model.get("series"), model.get("fields"));
      redraw();
    }),
    follow(model, ["span_s", "gaps"], fit),
    follow(model, ["last", "day_change", "tick"], heard),
    follow(model, ["alerts"], place),
    follow(model, ["points"], () => model.get("points") && point(model.get("pointed_ms"))),
    follow(model, ["opened"], () => model.get("opened") && el.closest(".fb-tab")?.classList.add("sheet")),
    onTheme(() => ((drawnKey = ""), redraw())),
    faultBox(el, model),
  ];
  let resizing = 0;
  const watch = new ResizeObserver(() => {
    height = stage.clientHeight;
    clearTimeout(resizing);
    resizing = setTimeout(() => (gd && height ? Promise.resolve(Plotly.Plots.resize(gd)).then(redraw) : redraw()), 60);
  });
  watch.observe(stage);
  return () => {
    gone = true;
    undo.forEach((f) => f());
    watch.disconnect();
    if (gd) Plotly.purge(gd);
  };
}

export default { render };
