// A chart in our look: plotly draws lines and bars; heading, readouts, tags and names are text over it, and so is the
// crosshair, which stands at the same instant in every chart of a tab.

import { clock, day } from "./format.js";
import { captioned, dress, faultBox, follow, h, onTheme, toggle, token, write } from "./dom.js";
import { ticksEnough, timeTicks } from "./axis_ticks.js";
import { tickText, written } from "./formatting.js";
import { plotly } from "./plotly_bundle.js";
import { crosshair } from "./crosshair.js";
import { coloured, dressed, merged } from "./plot_colour.js";
import { asPaths } from "./plot_bars.js";
import { Samples, asMs } from "./plot_samples.js";
import { clearOf, drawEnds, drawTags, endsOf, settled, tagsOf } from "./plot_labels.js";
import { savePicture } from "./plot_picture.js";

const END_ROOM = 92;
const TAG_ROOM = 68;

// Pointing and touching are ours: plotly draws and listens to nothing, so a phone scrolls on over a chart.
const CONFIG = { displayModeBar: false, responsive: false, staticPlot: true };

const sumOf = (values) => values.reduce((sum, v) => sum + (v || 0), 0);
const axisKey = (name) => name[0] + "axis" + name.slice(1);

function render({ model, el }) {
  dress(el, model, "fb-plot");
  const title = h("h2", "");
  const sub = h("span", "s");
  const value = h("b", "big");
  const picture = h("button", "btn png", "PNG");
  picture.type = "button";
  const plot = h("div", "plot");
  const [reads, ends, tags] = [h("div", "reads"), h("div"), h("div")];
  const [line, stamp] = [h("div", "xline"), h("div", "xtag")];
  line.hidden = stamp.hidden = true;
  const quiet = h("div", "loading", h("span", "l"));
  const stage = h("div", "stage", plot, h("div", "over", line, reads, ends, tags, stamp), quiet);
  stage.tabIndex = 0;
  stage.setAttribute("role", "img");
  el.append(h("div", "head", title, sub, h("span", "sp"), value, picture), stage);

  let Plotly = null;
  let gd = null;
  let gone = false;
  let asked = false;
  let turn = 0;
  let samples = [];
  let known = {}; // ticks that were drawn last, by axis
  let pointed = null; // where the crosshair stands: { place, point } or null
  const colour = (name) => token(el, name);
  const traces = () => model.get("traces");
  const isPane = () => model.get("pane");
  const formatOf = (trace) => trace.meta?.format || model.get("axes")[(trace.orientation === "h" ? trace.xaxis || "x" : trace.yaxis || "y")] || "number";
  const axesNow = () => Object.fromEntries(Object.entries(gd._fullLayout).filter(([key]) => /^[xy]axis\d*$/.test(key)).map(([key, axis]) => [key.replace("axis", ""), axis]));

  // --- plotly: only when numbers, theme or size change ------------------------------------------------------------------

  function margin() {
    const named = traces().some((trace) => trace.meta?.end);
    const tagged = traces().some((trace) => trace.meta?.tag !== undefined);
    const right = named ? END_ROOM : tagged ? TAG_ROOM : 12;
    return isPane() ? { l: 0, r: Math.max(right, TAG_ROOM), t: 4, b: model.get("layout_more").xaxis?.showticklabels === false ? 4 : 20, pad: 0 } : { l: 48, r: right, t: 22, b: 22, pad: 0 };
  }

  function layout() {
    const grid = { gridcolor: colour("line"), zeroline: false, showline: false, ticks: "", tickfont: { size: 11, color: colour("ink3") }, fixedrange: true };
    const base = {
      ...{ width: stage.clientWidth, height: stage.clientHeight, paper_bgcolor: colour("surface"), plot_bgcolor: colour("surface") },
      ...{ showlegend: false, hovermode: false, dragmode: false, barmode: "overlay", bargap: 0.2 },
      ...{ margin: margin(), font: { family: getComputedStyle(el).fontFamily, size: 11, color: colour("ink2") } },
    };
    const axes = { x: "", y: "", ...model.get("axes") };
    for (const name of Object.keys(axes)) base[axisKey(name)] = { ...grid, ...(axes[name] === "time" ? { type: "date" } : {}), ...(isPane() && name[0] === "y" ? { side: "right" } : {}) };
    const out = merged(base, coloured(model.get("layout_more"), colour));
    for (const [key, made] of Object.entries(known)) if (out[key] && !out[key].tickvals) Object.assign(out[key], made);
    return out;
  }

  function ticksOf(name, format, axis, labels) {
    const range = axis.range.map(asMs);
    const room = Math.max(2, axis._length / (name[0] === "x" ? 90 : 44));
    if (format === "time") return timeTicks(range, room);
    const [values, step] = ticksEnough([...range].sort((a, b) => a - b), room, axis._length);
    return clearOf({ tickvals: values, ticktext: values.map((v) => tickText(format, v, step)) }, axis, labels);
  }

  /** Ticks in our words, once plotly knows the ranges; drawn again only where they differ from what is drawn. */
  function settle() {
    const [axes, change, made] = [axesNow(), {}, {}];
    const labels = [...tagsOf(traces(), samples, formatOf), ...settled(endsOf(traces(), samples, formatOf), stage.clientHeight)];
    for (const [name, format] of Object.entries(model.get("axes"))) {
      const [axis, given] = [axes[name], model.get("layout_more")[axisKey(name)] || {}];
      if (!axis || axis.type === "category" || axis.type === "log" || given.tickvals) continue;
      const key = axisKey(name);
      made[key] = ticksOf(name, format, axis, labels);
      if (JSON.stringify(made[key]) === JSON.stringify(known[key])) continue;
      change[key + ".tickvals"] = made[key].tickvals;
      change[key + ".ticktext"] = made[key].ticktext;
    }
    known = made;
    return Object.keys(change).length ? Plotly.relayout(gd, change) : null;
  }

  const cannot = (error) => {
    quiet.hidden = false;
    write(quiet.firstChild, `The chart cannot be drawn: ${error.message}. Reload the page to try again.`);
  };

  async function draw() {
    const mine = ++turn;
    const empty = !traces().some((trace) => (trace.x || trace.z || []).length);
    quiet.hidden = !empty;
    write(quiet.firstChild, model.get("waiting") || "Nothing to draw yet");
    if (empty || !stage.clientHeight) return;
    try {
      Plotly ??= await plotly(model);
      if (gone || mine !== turn) return;
      const drawn = traces().flatMap((trace) => asPaths({ hoverinfo: "skip", ...dressed(trace, colour) }));
      gd = await Plotly.react(plot, drawn, layout(), CONFIG);
      if (gone || mine !== turn) return;
      samples = traces().map((trace) => new Samples(trace, axesNow()));
      await settle();
    } catch (error) {
      return cannot(error);
    }
    if (gone || mine !== turn) return;
    place();
  }

  /** Draw soon, once, whatever changes meanwhile. */
  function redraw() {
    if (asked) return;
    asked = true;
    queueMicrotask(() => ((asked = false), gone || draw()));
  }

  // --- over it: text ------------------------------------------------------------------------------------------------------

  function place() {
    const { x } = axesNow();
    const right = x._offset + x._length;
    ends.replaceChildren(...drawEnds(endsOf(traces(), samples, formatOf), right, stage.clientHeight, (ink) => coloured(ink, colour)));
    tags.replaceChildren(...drawTags(tagsOf(traces(), samples, formatOf), right, stage.clientWidth - right, stage.clientHeight));
    read();
    stage.setAttribute("aria-label", [model.get("title"), model.get("sub"), reads.textContent].filter(Boolean).join(". "));
  }

  /** A line of text for each pane: the values under the crosshair, else the newest; of lying bars, their sums. */
  function read() {
    if (!gd?._fullLayout) return;
    const panes = new Map();
    traces().forEach((trace, i) => {
      const [one, meta] = [samples[i], trace.meta || {}];
      if (!one || meta.silent || !trace.name) return;
      const top = one.lying ? one.axis._offset : one.across._offset;
      if (!panes.has(top)) panes.set(top, []);
      panes.get(top).push(...valueOf(trace, one, meta));
    });
    const rows = [...panes].sort(([a], [b]) => a - b);
    if (rows.length) rows[0][1].unshift(...headOf());
    reads.replaceChildren(...rows.map(([top, parts], i) => {
      const row = h("div", "read", ...parts);
      row.style.top = (i || isPane() ? top + 1 : 3) + "px";
      return row;
    }));
    stand();
  }

  function valueOf(trace, one, meta) {
    const k = pointed ? one.near(pointed.place, pointed.point) : one.last();
    const number = !pointed && one.lying ? sumOf(one.values) : k < 0 ? NaN : trace.customdata ? trace.customdata[k] : one.values[k];
    if ((pointed && k < 0 && one.dots) || (!pointed && meta.rest === false)) return [];
    const tone = meta.tone && number ? (number > 0 ? "up" : "down") : "";
    const told = Number.isFinite(number) ? written(formatOf(trace), number) : meta.why || "\u2013";
    return [` ${trace.name} `, h("b", tone, told)];
  }

  /** Before the values: the pane's title, and what is pointed at where no stamp says it. */
  function headOf() {
    const parts = isPane() ? [h("b", "t", model.get("title")), " ", h("span", "s", model.get("sub"))] : [];
    const lead = samples.find((_, i) => traces()[i].name && !traces()[i].meta?.silent);
    if (!pointed || !lead || lead.axis.type === "date") return parts;
    const k = lead.near(pointed.place, pointed.point);
    if (k < 0) return parts;
    const key = lead.keys[k];
    return [...parts, h("span", "s", ` ${typeof key === "number" ? written(model.get("axes")[lead.lying ? "y" : "x"] || "number", key) : key} `)];
  }

  /** The crosshair, and its instant where the axis has its ticks. */
  function stand() {
    const { x, y } = axesNow();
    const lying = samples.some((one) => one.lying);
    const axis = lying ? y : x;
    const at = pointed && !samples.some((one) => one.dots) ? axis.l2p(pointed.place) : NaN;
    const shown = at >= 0 && at <= axis._length;
    line.hidden = !shown;
    stamp.hidden = !shown || axis.type !== "date" || x.showticklabels === false;
    if (!shown) return;
    line.className = lying ? "xline lying" : "xline";
    line.style.cssText = lying ? `top:${(axis._offset + at).toFixed(1)}px;left:${x._offset}px;width:${x._length}px` : `left:${(axis._offset + at).toFixed(1)}px;bottom:${gd.layout.margin.b}px`;
    const half = 40;
    stamp.style.left = Math.max(half, Math.min(stage.clientWidth - half, axis._offset + at)).toFixed(1) + "px";
    if (!stamp.hidden) write(stamp, `${day(pointed.place).slice(5)} ${clock(pointed.place).slice(0, 5)}`);
  }

  // --- pointing -----------------------------------------------------------------------------------------------------------

  const cross = crosshair(el, (ms) => {
    if (!gd?._fullLayout || !samples.length || gd._fullLayout.xaxis.type !== "date" || samples.some((one) => one.lying)) return;
    pointed = ms === null ? null : { place: ms, point: null };
    read();
  });

  /** Point at a place along the axis: all charts of the tab do where it is an instant. */
  function pointAt(place, point) {
    const lead = leading();
    if (lead && lead.axis.type === "date" && !lead.lying) return cross.tell(place);
    pointed = place === null ? null : { place, point };
    read();
  }

  const leading = () => samples.find((one, i) => traces()[i]?.name && !traces()[i].meta?.silent && one.keys.length);

  function onPointer(event) {
    const lead = gd?._fullLayout && leading();
    if (!lead) return;
    const box = stage.getBoundingClientRect();
    const point = [event.clientX - box.left, event.clientY - box.top];
    const px = point[lead.lying ? 1 : 0] - lead.axis._offset;
    if (px < 0 || px > lead.axis._length) return pointAt(null);
    const k = lead.near(lead.axis.p2l(px), point);
    pointAt(k < 0 ? lead.axis.p2l(px) : lead.places[k], point);
  }

  function onKey(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1 }[event.key];
    const lead = gd?._fullLayout && leading();
    if (event.key === "Escape") return pointAt(null);
    if (!step || !lead || lead.dots) return;
    event.preventDefault();
    const now = pointed ? lead.near(pointed.place, null) : lead.last();
    let next = now + (pointed ? step : 0);
    while (next > 0 && next < lead.values.length - 1 && !Number.isFinite(lead.values[next])) next += step;
    if (next >= 0 && next < lead.places.length) pointAt(lead.places[next], null);
  }

  stage.addEventListener("pointermove", onPointer);
  stage.addEventListener("pointerdown", onPointer);
  stage.addEventListener("pointerleave", () => pointAt(null));
  stage.addEventListener("keydown", onKey);
  stage.addEventListener("blur", () => pointed && pointAt(null));

  picture.addEventListener("click", async () => {
    if (!gd) return;
    const words = [[model.get("title"), model.get("sub")], [model.get("value"), model.get("market"), "UTC"]];
    await savePicture(Plotly, gd, stage, words, `fbkit-${model.get("title").toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png`);
  });

  // --- traits, theme, size ------------------------------------------------------------------------------------------------

  const undo = [
    follow(model, ["pane"], () => toggle(el, "pane", isPane())),
    follow(model, ["title", "sub", "value"], () => {
      write(title, model.get("title"));
      captioned(sub, model.get("sub"));
      write(value, model.get("value"));
      picture.title = picture.ariaLabel = `Save ${model.get("title") || "this chart"} as a picture`;
      if (gd) read();
    }),
    follow(model, ["traces", "layout_more", "axes", "waiting", "pane"], redraw),
    onTheme(redraw),
    faultBox(el, model),
  ];
  let resizing = 0;
  const watch = new ResizeObserver(() => {
    clearTimeout(resizing);
    resizing = setTimeout(redraw, 60);
  });
  watch.observe(stage);
  return () => {
    gone = true;
    clearTimeout(resizing);
    cross.leave();
    undo.forEach((f) => f());
    watch.disconnect();
    if (gd) Plotly.purge(gd);
  };
}

export default { render };
