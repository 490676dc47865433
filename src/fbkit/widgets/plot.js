// A chart in our look: plotly draws lines and bars; heading, readout and the names at the ends of lines are text over it.

import { clock, day } from "./format.js";
import { dress, faultBox, follow, h, onTheme, token, write } from "./dom.js";
import { ticks, timeTicks } from "./axis_ticks.js";
import { written } from "./formatting.js";
import { plotly } from "./plotly_bundle.js";

const END_ROOM = 92;

/** A token's colour; "v-okx 13%" is one that lets so much of itself be seen. */
function tinted(words, colour) {
  const [name, share] = words.split(" ");
  const found = colour(name);
  if (!share || !/^#[0-9a-f]{6}$/i.test(found)) return found;
  const parts = [1, 3, 5].map((at) => parseInt(found.slice(at, at + 2), 16));
  return `rgba(${parts.join(",")},${parseFloat(share) / 100})`;
}

/** Every string that names a token, as its colour. */
function coloured(value, colour) {
  if (typeof value === "string") return value.startsWith("--") ? tinted(value.slice(2), colour) : value;
  if (Array.isArray(value)) return value.length && (typeof value[0] === "number" || value[0] === null) ? value : value.map((inner) => coloured(inner, colour));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner, colour)]));
  return value;
}

function merged(base, more) {
  const out = { ...base };
  for (const [key, value] of Object.entries(more)) out[key] = value && typeof value === "object" && !Array.isArray(value) && out[key] && typeof out[key] === "object" ? merged(out[key], value) : value;
  return out;
}

const axisKey = (name) => name[0] + "axis" + name.slice(1);

function render({ model, el }) {
  dress(el, model, "fb-plot");
  const title = h("h2", "");
  const sub = h("span", "s");
  const value = h("b", "big");
  const picture = h("button", "btn png", "PNG");
  picture.type = "button";
  picture.title = "Save this chart as a picture";
  const plot = h("div", "plot");
  const read = h("div", "read");
  const ends = h("div", "ends");
  const quiet = h("div", "loading", h("span", "l"));
  const stage = h("div", "stage", plot, h("div", "over", read, ends), quiet);
  el.append(h("div", "head", title, sub, h("span", "sp"), value, picture), stage);

  let Plotly = null;
  let gd = null;
  let gone = false;
  let turn = 0;
  const colour = (name) => token(el, name);
  const traces = () => model.get("traces");
  const formatOf = (trace) => trace.meta?.format || model.get("axes")[trace.yaxis || "y"] || "number";

  function layout() {
    const grid = { gridcolor: colour("line"), zeroline: false, showline: false, ticks: "", tickfont: { size: 11, color: colour("ink3") }, fixedrange: true };
    const named = traces().some((trace) => trace.meta?.end);
    const base = {
      ...{ paper_bgcolor: colour("surface"), plot_bgcolor: colour("surface"), showlegend: false, hovermode: "x", dragmode: false, barmode: "overlay", bargap: 0.2 },
      ...{ margin: { l: 48, r: named ? END_ROOM : 12, t: 22, b: 22, pad: 0 }, font: { family: getComputedStyle(el).fontFamily, size: 11, color: colour("ink2") } },
    };
    const axes = { x: "", y: "", ...model.get("axes") };
    for (const name of Object.keys(axes)) base[axisKey(name)] = { ...grid, ...(axes[name] === "time" ? { type: "date" } : {}) };
    return merged(base, coloured(model.get("layout_more"), colour));
  }

  /** Ticks in our words, once plotly knows the ranges. */
  function ticked() {
    const change = {};
    for (const [name, format] of Object.entries(model.get("axes"))) {
      const axis = gd._fullLayout[axisKey(name)];
      if (!axis || axis.type === "category" || (gd.layout[axisKey(name)] || {}).tickvals) continue;
      const range = axis.range.map((v) => (typeof v === "number" ? v : Date.parse(String(v).replace(" ", "T") + (String(v).length > 10 ? "Z" : "T00:00Z"))));
      const room = axis._length / (name[0] === "x" ? 90 : 44);
      const made = format === "time" ? timeTicks(range, Math.max(2, room)) : ((values) => ({ tickvals: values, ticktext: values.map((v) => written(format, v)) }))(ticks([...range].sort((a, b) => a - b), Math.max(2, room))[0]);
      change[axisKey(name) + ".tickvals"] = made.tickvals;
      change[axisKey(name) + ".ticktext"] = made.ticktext;
    }
    return Object.keys(change).length ? Plotly.relayout(gd, change) : null;
  }

  async function redraw() {
    const mine = ++turn;
    const empty = !traces().some((trace) => (trace.x || trace.z || []).length);
    quiet.hidden = !empty;
    write(quiet.firstChild, model.get("waiting") || "Nothing to draw yet");
    if (empty || !stage.clientHeight) return;
    try {
      Plotly ??= await plotly(model);
    } catch (error) {
      quiet.hidden = false;
      write(quiet.firstChild, `The chart cannot be drawn: ${error.message}. Reload the page to try again.`);
      return;
    }
    if (gone || mine !== turn) return;
    const drawn = traces().map((trace) => ({ hoverinfo: "none", ...coloured(trace, colour) }));
    const first = !gd;
    gd = await Plotly.react(plot, drawn, layout(), { displayModeBar: false, responsive: false });
    if (first) {
      gd.on("plotly_hover", (event) => readout(event.points));
      gd.on("plotly_unhover", () => readout(null));
    }
    await ticked();
    if (!gone) (name(), readout(null));
  }

  /** What stands under the pointer, else the newest of each. */
  function readout(points) {
    if (!gd) return;
    const parts = [];
    const at = points?.[0]?.x ?? null;
    if (at !== null && gd._fullLayout.xaxis.type === "date") {
      const ms = typeof at === "number" ? at : Date.parse(String(at).replace(" ", "T") + (String(at).length > 10 ? "Z" : "T00:00Z"));
      parts.push(h("span", "s", `${day(ms).slice(5)} ${clock(ms).slice(0, 5)} `));
    }
    traces().forEach((trace, i) => {
      if (trace.meta?.silent || !trace.name) return;
      const ys = trace.orientation === "h" ? trace.x : trace.y;
      let k = points ? points.find((p) => p.curveNumber === i)?.pointNumber : ys.length - 1;
      if (!points) while (k > 0 && !Number.isFinite(ys[k])) k -= 1;
      if (k === undefined || !Number.isFinite(ys[k])) return;
      parts.push(` ${trace.name} `, h("b", "", written(formatOf(trace), trace.customdata ? trace.customdata[k] : ys[k])));
    });
    read.replaceChildren(...parts);
  }

  /** Names at the right ends of lines, pushed apart where they would cover one another. */
  function name() {
    const labels = [];
    traces().forEach((trace) => {
      if (!trace.meta?.end) return;
      const key = trace.yaxis || "y";
      const axis = gd._fullLayout[axisKey(key)];
      let k = trace.y.length - 1;
      while (k > 0 && !Number.isFinite(trace.y[k])) k -= 1;
      if (!axis || !Number.isFinite(trace.y[k])) return;
      const height = trace.meta.at ?? trace.y[k];
      labels.push({ y: axis._offset + axis.d2p(height), text: trace.meta.end, value: trace.meta.told ?? written(formatOf(trace), trace.y[k]), ink: trace.line?.color || "--ink" });
    });
    labels.sort((a, b) => a.y - b.y);
    const rows = labels.some((label) => label.value) ? 27 : 14;
    labels.forEach((label, i) => (label.y = Math.max(label.y, i ? labels[i - 1].y + rows : 14)));
    const x = gd._fullLayout.xaxis;
    ends.replaceChildren(
      ...labels.map((label) => {
        const el = h("div", "end", h("b", "", label.text), h("span", "s", label.value));
        el.style.cssText = `left:${x._offset + x._length + 8}px;top:${Math.min(label.y - 7, stage.clientHeight - rows)}px`;
        el.firstChild.style.color = coloured(label.ink, colour);
        return el;
      }),
    );
  }

  picture.addEventListener("click", async () => {
    if (!gd) return;
    const text = [model.get("title"), model.get("sub"), model.get("market")].filter(Boolean).join(" \u00b7 ");
    const figure = { data: gd.data, layout: { ...gd.layout, title: { text: text.replace(/</g, "&lt;"), x: 0.01, font: { size: 12 } }, margin: { ...gd.layout.margin, t: 40 } } };
    const url = await Plotly.toImage(figure, { format: "png", width: stage.clientWidth, height: stage.clientHeight, scale: 2 });
    Object.assign(h("a"), { href: url, download: `fbkit-${model.get("title").toLowerCase().replace(/[^a-z0-9]+/g, "-")}.png` }).click();
  });

  const undo = [
    follow(model, ["title", "sub", "value"], () => (write(title, model.get("title")), write(sub, model.get("sub")), write(value, model.get("value")))),
    follow(model, ["traces", "layout_more", "axes", "waiting"], redraw),
    onTheme(() => redraw()),
    faultBox(el, model),
  ];
  let resizing = 0;
  const watch = new ResizeObserver(() => {
    clearTimeout(resizing);
    resizing = setTimeout(() => {
      if (!stage.clientHeight) return;
      if (gd) Promise.resolve(Plotly.Plots.resize(gd)).then(redraw);
      else redraw();
    }, 60);
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
