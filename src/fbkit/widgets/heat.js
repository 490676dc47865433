// A matrix of correlations: digits in cells shaded by size, striped below zero; a line above says the cell in words.

import { captioned, dress, faultBox, follow, h, toggle, write } from "./dom.js";
import { MINUS, NBSP, count, signed } from "./format.js";

const WALK = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] };

/** Tenths of the size of r, 0 to 9, of what is written: .80 is no .79. */
const stepOf = (r) => Math.min(9, Math.floor(Number(Math.abs(r).toFixed(2)) * 10 + 1e-9));

/** .68, −.12; 1.0 for what rounds to one. */
function short(r) {
  const text = Math.abs(r).toFixed(2);
  return (r < 0 && Number(text) ? MINUS : "") + (text === "1.00" ? "1.0" : text.slice(1));
}

function legend() {
  const steps = [...Array(10).keys()].map((step) => h("i", `sw s${step}`));
  const el = h("span", "key", h("span", "s", "r 0"), ...steps, h("span", "s", "1"), h("i", "sw neg s5"), h("span", "s", "below 0"));
  el.setAttribute("role", "img");
  el.setAttribute("aria-label", "The darker the ink, the larger the size of r; stripes are negative");
  return el;
}

function render({ model, el }) {
  dress(el, model, "fb-heat");
  const title = h("h2", "");
  const sub = h("span", "s");
  const read = h("div", "read");
  const names = h("tr");
  const table = h("table", "", h("thead", "", names), h("tbody"));
  const body = table.tBodies[0];
  const quiet = h("div", "quiet", h("span", "l"));
  const scroll = h("div", "scroll", table, quiet);
  const id = "fb-heat-" + Math.random().toString(36).slice(2);
  table.setAttribute("role", "grid");
  scroll.tabIndex = 0;
  el.append(h("div", "head", title, sub, h("span", "sp"), legend()), read, scroll);
  let cursor = null;
  let told = [];

  const at = (name, i, j) => model.get(name)[i]?.[j];

  /** One pair in words. */
  const words = (i, j) => {
    const called = model.get("names");
    if (i === j) return `${called[i]} with itself`;
    const [r, n] = [at("cells", i, j), at("counts", i, j)];
    const pair = `${called[i]} and ${called[j]}`;
    if (r === null || r === undefined) return `${pair}: no number, ${n < 30 ? `${count(n)} of 30 pairs` : "one of the two never moves"}`;
    return `${pair}: r ${signed(r, 2)}, 95${NBSP}% ${signed(at("low", i, j), 2)} to ${signed(at("high", i, j), 2)}, ${count(n)} pairs`;
  };

  const paint = (td, i, j) => {
    const [r, n] = [at("cells", i, j), at("counts", i, j)];
    const missing = r === null || r === undefined;
    td.className = i === j ? "self" : missing ? "hatch" : `s${stepOf(r)}${r <= -0.005 ? " neg" : ""}`;
    td.textContent = i === j ? "" : missing ? (n < 30 ? `n${NBSP}${n}` : "flat") : short(r);
    td.setAttribute("aria-label", words(i, j));
  };

  const headOf = (name) => {
    const th = h("th", "", h("span", "", name));
    th.scope = "col";
    return th;
  };

  const rowOf = (name, i, n) => {
    const th = h("th", "", name);
    th.scope = "row";
    const tr = h("tr", "", th);
    for (let j = 0; j < n; j++) {
      const td = h("td");
      td.id = `${id}-${i}-${j}`;
      td.dataset.at = `${i} ${j}`;
      td.setAttribute("role", "gridcell");
      tr.append(td);
    }
    return tr;
  };

  let shape = "";
  const draw = () => {
    const called = model.get("names");
    const n = called.length;
    quiet.hidden = n > 0;
    table.hidden = !n;
    write(quiet.firstChild, model.get("waiting") || "Nothing here yet");
    if (shape !== called.join("\n")) {
      shape = called.join("\n");
      told = called.map(() => []);
      toggle(el, "dense", n > 14);
      names.replaceChildren(h("td"), ...called.map(headOf));
      body.replaceChildren(...called.map((name, i) => rowOf(name, i, n)));
      cursor = null;
    }
    called.forEach((_, i) =>
      called.forEach((__, j) => {
        const says = [at("cells", i, j), at("low", i, j), at("high", i, j), at("counts", i, j)].join();
        if (told[i][j] === says) return;
        told[i][j] = says;
        paint(body.rows[i].cells[j + 1], i, j);
      }),
    );
    mark();
  };

  /** The two places of the chosen pair; null where it is not shown. */
  const pair = () => {
    const [i, j] = model.get("chosen").map((name) => model.get("names").indexOf(name));
    return i >= 0 && j >= 0 ? [i, j] : null;
  };

  const mark = (over) => {
    const chosen = pair();
    const shown = over || cursor || chosen;
    write(read, shown ? words(...shown) : "Point at a cell, or walk with the arrows");
    for (const td of body.querySelectorAll(".sel, .cur")) td.classList.remove("sel", "cur");
    for (const th of table.querySelectorAll("th.on")) th.classList.remove("on");
    const cell = ([i, j]) => body.rows[i]?.cells[j + 1];
    if (chosen) [chosen, [chosen[1], chosen[0]]].forEach((place) => cell(place)?.classList.add("sel"));
    if (cursor) cell(cursor)?.classList.add("cur");
    if (shown && body.rows[shown[0]]) [body.rows[shown[0]].cells[0], names.cells[shown[1] + 1]].forEach((th) => th?.classList.add("on"));
    if (cursor) scroll.setAttribute("aria-activedescendant", `${id}-${cursor.join("-")}`);
  };

  const choose = ([i, j]) => {
    if (i === j) return;
    const called = model.get("names");
    model.set("chosen", [called[i], called[j]]);
    model.set("opened", model.get("opened") + 1);
    model.save_changes();
  };
  const under = (event) => {
    const td = event.target.closest?.("[data-at]");
    return td ? td.dataset.at.split(" ").map(Number) : null;
  };
  body.addEventListener("pointerover", (event) => mark(under(event)));
  body.addEventListener("pointerleave", () => mark());
  body.addEventListener("click", (event) => {
    const place = under(event);
    if (place) ((cursor = place), choose(place), mark());
  });
  scroll.addEventListener("keydown", (event) => {
    const n = model.get("names").length;
    const walk = WALK[event.key];
    if (walk && n) {
      event.preventDefault();
      const from = cursor || pair() || [0, 0];
      cursor = from.map((place, axis) => Math.max(0, Math.min(n - 1, place + walk[axis])));
      body.rows[cursor[0]].cells[cursor[1] + 1].scrollIntoView({ block: "nearest", inline: "nearest" });
      mark();
    }
    if ((event.key === "Enter" || event.key === " ") && cursor) (event.preventDefault(), choose(cursor));
  });
  const undo = [
    follow(model, ["title", "sub"], () => {
      write(title, model.get("title"));
      captioned(sub, model.get("sub"));
      table.setAttribute("aria-label", model.get("title") || "correlations");
    }),
    follow(model, ["names", "cells", "low", "high", "counts", "waiting"], draw),
    follow(model, ["chosen"], () => mark()),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
