// A plot as a PNG: with what lies over it as text, and whose market it is.

import { inert } from "./plot_colour.js";

const TOP = 42;

/** What a line says; title and unit of a pane stand over the picture already. */
const told = (line) => [...line.childNodes].filter((node) => !node.classList?.contains("t") && !(line.className === "read" && node.classList?.contains("s"))).map((node) => node.textContent).join("");

/** A line of text over the plot, as plotly writes it into a picture. */
function annotation(el, box, margin) {
  const at = el.getBoundingClientRect();
  const style = getComputedStyle(el);
  const lines = el.classList.contains("end") ? [...el.children] : [el];
  const text = lines.map((line) => inert(told(line).trim())).filter(Boolean).join("<br>");
  const ground = el.classList.contains("tag") ? { bgcolor: style.backgroundColor } : {};
  const ink = getComputedStyle(el.classList.contains("end") ? el.firstChild : el).color;
  return { text, ...ground, showarrow: false, align: "left", borderpad: 1, xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "top", xshift: at.left - box.left - margin.l, yshift: margin.t - (at.top - box.top), font: { size: 11, color: ink } };
}

/** Save it; `words` are lines of what it is and whose market it shows, `name` is the file's. */
export async function savePicture(Plotly, gd, stage, words, name) {
  const { margin } = gd.layout;
  const box = stage.getBoundingClientRect();
  const over = [...stage.querySelectorAll(".read, .end, .tag")].filter((el) => el.textContent).map((el) => annotation(el, box, margin));
  const heading = { text: words.map((line) => inert(line.filter(Boolean).join(" \u00b7 "))).join("<br>"), showarrow: false, align: "left", xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "top", xshift: 8 - margin.l, yshift: margin.t + TOP - 6, font: { size: 12 } };
  const foot = Math.max(margin.b, 22);
  const [width, height] = [stage.clientWidth, stage.clientHeight + TOP + foot - margin.b];
  const xaxis = { ...gd.layout.xaxis, showticklabels: true };
  const layout = { ...gd.layout, xaxis, width, height, margin: { ...margin, t: margin.t + TOP, b: foot }, annotations: [...(gd.layout.annotations || []), ...over, heading] };
  const url = await Plotly.toImage({ data: gd.data, layout }, { format: "png", width, height, scale: 2 });
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name }).click();
}
