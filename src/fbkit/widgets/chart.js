// Stacked charts of one instrument. plotly draws bars and lines and is asked to draw only when a bar closes or the view
// moves; what changes with every price (tag, line) and with the pointer (readouts, crosshair) lies over it as text.

import { clock, day, percent, price } from "./format.js";
import { dress, faultBox, follow, h, onTheme, segmented, token, write } from "./dom.js";
import { timeTicks } from "./axis_ticks.js";
import { PANES, Series, Z_LABELS, additions, ranges, readouts, tags, traces } from "./chart_panes.js";
import { plotly } from "./plotly_bundle.js";

const RIGHT = 68;
const BOTTOM = 20;

function render({ model, el }) {
  dress(el, model, "fb-chart");
  const title = h("h2", "");
  const venue = h("span", "s");
  const last = h("span", "big");
  const change = h("span");
  const zs = h("span", "zs");
  const spans = segmented("Bars shown", [[80, "80"], [160, "160"], [0, "all"]], (n) => ((shown = n), frame(true)));
  spans.classList.add("bars");
  const close = h("button", "btn closer", "\u00d7");
  close.type = "button";
  close.title = "Close";
  close.addEventListener("click", () => el.closest(".fb-tab")?.classList.remove("sheet"));
  const plot = h("div", "plot");
  const over = h("div", "over");
  const loading = h("div", "loading", ...[70, 88, 52].map((w) => Object.assign(h("div", "sk"), { style: `width:${w}%` })), h("span", "l"));
  const stage = h("div", "stage", plot, over, loading);
  el.append(h("div", "head", title, venue, last, change, h("span", "sp"), h("span", "tl", "Z of"), zs, h("span", "tl", "bars"), spans, close), stage);

  const lines = PANES.map(() => h("div", "read"));
  const lastLine = h("div", "lastline");
  const crossLine = h("div", "xline");
  const crossTag = h("div", "xtag");
  const tagBox = h("div");
  const laneBox = h("div");
  over.append(lastLine, laneBox, ...lines, crossLine, tagBox, crossTag);
  crossLine.hidden = crossTag.hidden = true;

  let Plotly = null;
  let gd = null;
  let series = new Series(null, []);
  let shown = 160;
  let pointer = -1;
  let drawnKey = "";
  let gone = false;
  let stageHeight = 400; // measured when it changes, not on every price
  const colour = (name) => token(el, name);
  const view = () => ({ z: model.get("z"), window: model.get("window"), tfMs: model.get("tf_s") * 1000, tick: model.get("tick"), last: model.get("last"), height: stageHeight, tall: stageHeight > 560 });

  // --- plotly: only when a bar closes or the view moves -----------------------------------------------------------------

  function bounds() {
    const x = series.get("t0_ms");
    const from = shown ? Math.max(0, series.n - shown) : 0;
    const length = view().tfMs;
    return [x[from] - length * 0.5, x[series.n - 1] + length * 3.5];
  }

  const slice = ([a, b]) => {
    const x = series.get("t0_ms");
    const from = x.findIndex((t) => t + view().tfMs > a);
    let to = series.n;
    while (to > 0 && x[to - 1] > b) to -= 1;
    return [Math.max(0, from), to];
  };

  function layout(range) {
    const axes = ranges(series, view(), ...slice(range));
    const grid = { gridcolor: colour("line"), zeroline: false, showline: false, ticks: "", tickfont: { size: 11, color: colour("ink3") } };
    const rule = (y, ink, dash) => ({ type: "line", xref: "paper", x0: 0, x1: 1, yref: "y5", y0: y, y1: y, layer: "below", line: { color: ink, width: 1, dash } });
    const band = (a, b, ink) => ({ type: "rect", xref: "paper", x0: 0, x1: 1, yref: "y5", y0: a, y1: b, fillcolor: ink, line: { width: 0 }, layer: "below" });
    const far = axes[4].range;
    const out = {
      ...{ paper_bgcolor: colour("surface"), plot_bgcolor: colour("surface"), showlegend: false, hovermode: false, dragmode: "pan", barmode: "overlay" },
      ...{ margin: { l: 0, r: RIGHT, t: 4, b: BOTTOM, pad: 0 }, font: { family: getComputedStyle(el).fontFamily, size: 11, color: colour("ink2") } },
      xaxis: { ...grid, type: "date", anchor: "y5", range, rangeslider: { visible: false }, ...timeTicks(range, Math.max(3, stage.clientWidth / 110)) },
      shapes: [
        band(3, far[1], colour("zp1")),
        band(far[0], -3, colour("zn1")),
        ...[2, 3].flatMap((v) => [rule(v, colour("zp3"), v === 2 ? "2px,3px" : "solid"), rule(-v, colour("zn3"), v === 2 ? "2px,3px" : "solid")]),
        ...PANES.slice(1).map((pane) => ({ type: "line", xref: "paper", x0: 0, x1: 1.2, yref: "paper", y0: pane.domain[1] + 0.01, y1: pane.domain[1] + 0.01, line: { color: colour("line2"), width: 1 } })),
        ...gaps().map(([a, b]) => ({ type: "rect", x0: a, x1: b, yref: "paper", y0: 0, y1: 1, fillcolor: colour("hatch"), opacity: 0.6, line: { width: 1, color: colour("control"), dash: "2px,2px" }, layer: "below" })),
      ],
    };
    PANES.forEach((pane, i) => {
      out["yaxis" + (i ? i + 1 : "")] = { ...grid, domain: pane.domain, side: "right", fixedrange: true, ...axes[i] };
    });
    return out;
  }

  /** Runs of slots without a bar: [from, to] in ms. */
  function gaps() {
    const [x, closes] = [series.get("t0_ms"), series.get("close")];
    const found = [];
    for (let i = 0; i < series.n; i++) {
      if (Number.isFinite(closes[i])) continue;
      const open = found[found.length - 1];
      if (open && open[1] === x[i]) open[1] = x[i] + view().tfMs;
      else found.push([x[i], x[i] + view().tfMs]);
    }
    return found;
  }

  const sameView = () => [model.get("instrument"), model.get("tf"), model.get("z"), model.get("window")].join("|");

  async function redraw() {
    loading.hidden = series.n > 0;
    write(loading.lastChild, model.get("instrument") ? `Reading bars of ${model.get("instrument")}` : "Choose an instrument in the table");
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
    const grown = gd && drawnKey === sameView() ? all[1].x.findIndex((t) => t > gd.data[1].x[gd.data[1].x.length - 1]) : -1;
    if (grown > 0 && all[1].x[grown - 1] === gd.data[1].x[gd.data[1].x.length - 1]) {
      const more = additions(all, grown);
      for (let i = 0; i < more.length; i++) await Plotly.extendTraces(gd, more[i], [i], 1000);
      await Plotly.relayout(gd, layout(bounds()));
    } else {
      drawnKey = sameView();
      const first = !gd;
      gd = await Plotly.react(plot, all, layout(bounds()), { displayModeBar: false, responsive: false, scrollZoom: true, doubleClick: false });
      if (first) {
        gd.on("plotly_relayouting", () => place());
        gd.on("plotly_relayout", (change) => "xaxis.range[0]" in change && refit());
        gd.on("plotly_doubleclick", () => frame(true));
      }
    }
    place();
  }

  function refit() {
    const range = gd._fullLayout.xaxis.range.map((t) => (typeof t === "number" ? t : Date.parse(t.replace(" ", "T") + (t.length > 10 ? "Z" : "T00:00Z"))));
    Plotly.relayout(gd, layout(range)).then(place);
  }

  const frame = () => {
    spans.press(shown);
    if (gd) Plotly.relayout(gd, layout(bounds())).then(place);
  };

  // --- over it: text ------------------------------------------------------------------------------------------------------

  const axes = () => [gd._fullLayout.xaxis, ...PANES.map((_, i) => gd._fullLayout["yaxis" + (i ? i + 1 : "")])];

  function place() {
    if (!gd?._fullLayout?.xaxis) return;
    const [x, ...ys] = axes();
    ys.forEach((y, i) => (lines[i].style.top = y._offset + 1 + "px"));
    placeTags(ys);
    laneBox.replaceChildren();
    for (const alert of model.get("alerts")) {
      const at = x._offset + x.d2p(alert.t1_ms - view().tfMs / 2);
      if (at < 4 || at > x._offset + x._length) continue;
      const chip = h("span", `tier t${alert.tier}`, String(alert.tier));
      chip.style.cssText = `left:${at.toFixed(1)}px;pointer-events:auto`;
      chip.title = `${clock(alert.t1_ms)} ${alert.sentence}`;
      laneBox.append(chip);
    }
    for (const [a, b] of gaps()) {
      const [from, to] = [x.d2p(a), x.d2p(b)];
      if (to < 0 || from > x._length) continue;
      const minutes = Math.round((b - a) / 60_000);
      const tag = h("div", "gaptag", "gap", h("br"), minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`);
      tag.style.cssText = `left:${((from + to) / 2 + x._offset).toFixed(1)}px;top:${(ys[0]._offset + ys[0]._length - 34).toFixed(0)}px`;
      laneBox.append(tag);
    }
    read();
  }

  function placeTags(ys) {
    const all = tags(series, view());
    while (tagBox.children.length < all.length) tagBox.append(h("div", "tag"));
    [...tagBox.children].forEach((tag, i) => {
      tag.hidden = i >= all.length;
      if (tag.hidden) return;
      const [pane, value, text, cls] = all[i];
      const y = ys[pane];
      const at = Math.max(y._offset + 8, Math.min(y._offset + y._length - 8, y._offset + y.d2p(value)));
      write(tag, text);
      tag.className = "tag " + cls;
      tag.style.top = (at - 8).toFixed(1) + "px";
      if (pane === 0) {
        lastLine.className = "lastline " + cls;
        lastLine.style.top = at.toFixed(1) + "px";
      }
    });
  }

  function read() {
    const i = pointer >= 0 ? pointer : series.n - 1;
    readouts(series, view(), i).forEach((parts, pane) => {
      const texts = parts.flatMap(([label, value, tone]) => [label ? ` ${label} ` : " ", value ? h("b", tone, value) : ""]);
      lines[pane].replaceChildren(...texts);
    });
    crossLine.hidden = crossTag.hidden = pointer < 0;
    if (pointer < 0 || !gd) return;
    const t0 = series.get("t0_ms")[i];
    const at = gd._fullLayout.xaxis._offset + gd._fullLayout.xaxis.d2p(t0 + view().tfMs / 2);
    crossLine.style.left = crossTag.style.left = at.toFixed(1) + "px";
    write(crossTag, `${day(t0).slice(5)} ${clock(t0).slice(0, 5)}`);
  }

  stage.addEventListener("pointermove", (event) => {
    if (!gd?._fullLayout?.xaxis || event.buttons) return;
    const x = gd._fullLayout.xaxis;
    const t = x.p2d(event.clientX - stage.getBoundingClientRect().left - x._offset);
    const ms = typeof t === "number" ? t : Date.parse(String(t).replace(" ", "T") + "Z");
    const found = Math.floor((ms - series.get("t0_ms")[0]) / view().tfMs);
    const next = found >= 0 && found < series.n ? found : -1;
    if (next !== pointer) ((pointer = next), read());
  });
  stage.addEventListener("pointerleave", () => ((pointer = -1), read()));

  // --- head and traits ----------------------------------------------------------------------------------------------------

  let zButtons = null;
  function heading() {
    const [where, symbol] = model.get("instrument").split(":");
    write(title, symbol || "Charts");
    write(venue, symbol ? where + ", " + model.get("tf") : "");
    const columns = ["ret", "ln_vol", "oi_dlog", "taker_imb", ["1h", "4h", "1d"].includes(model.get("tf")) ? "funding_8h" : "premium"];
    const key = columns.join();
    if (zButtons?.key !== key) {
      zButtons = segmented("Z of", columns.map((c) => [c, Z_LABELS[c]]), (c) => (model.set("z", c), model.save_changes()));
      zButtons.key = key;
      zs.replaceChildren(zButtons);
      if (!columns.includes(model.get("z"))) ((model.set("z", columns[4])), model.save_changes());
    }
    zButtons.press(model.get("z"));
    spans.press(shown);
  }

  function live() {
    const v = model.get("last");
    write(last, Number.isFinite(v) ? price(v, model.get("tick")) : "");
    const d = model.get("day_change");
    write(change, Number.isFinite(d) && d !== null ? `${percent(d)}\u00a0% 24 h` : "");
    change.className = "chg " + (d > 0 ? "up" : d < 0 ? "down" : "");
    if (gd?._fullLayout?.xaxis) placeTags(axes().slice(1));
  }

  const undo = [
    follow(model, ["instrument", "tf", "z", "window"], heading),
    follow(model, ["series", "z", "window"], () => {
      series = new Series(model.get("series"), model.get("fields"));
      redraw();
    }),
    follow(model, ["last", "day_change", "tick"], live),
    follow(model, ["alerts"], place),
    follow(model, ["opened"], () => model.get("opened") && el.closest(".fb-tab")?.classList.add("sheet")),
    onTheme(() => ((drawnKey = ""), redraw())),
    faultBox(el, model),
  ];
  let resizing = 0;
  const watch = new ResizeObserver(() => {
    stageHeight = stage.clientHeight;
    clearTimeout(resizing);
    resizing = setTimeout(() => (gd && stage.clientHeight ? Promise.resolve(Plotly.Plots.resize(gd)).then(() => frame()) : redraw()), 60);
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
