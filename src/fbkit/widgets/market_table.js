// The live table: a pool of rows over the visible part, moved and rewritten in place as values, order and scroll change.

import { dress, faultBox, follow, h, marketNow, onTheme, page, toggle, write } from "./dom.js";
import { columnsFor } from "./table_columns.js";
import { makeCell, paintCell } from "./table_cells.js";
import { fade } from "./table_glow.js";
import { drawGroups, drawNames, nextWay } from "./table_heads.js";
import { arranged } from "./table_order.js";
import { Sheet } from "./table_sheet.js";
import { tipOf } from "./table_tip.js";

const STEPS_BY_KEY = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -1e6, End: 1e6 };
// Longer without a beat, on a page that has a clock, and nobody is there who could tell that the numbers are old.
const DEAF_MS = 2500;

function render({ model, el }) {
  dress(el, model, "fb-table");
  const groups = h("div", "groups");
  const names = h("div", "names");
  const canvas = h("div", "canvas");
  const scroll = h("div", "scroll", canvas);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "grid");
  scroll.setAttribute("aria-label", "Instruments; arrows walk, Enter shows the charts, O the instrument's own page");
  const nothing = h("div", "nothing", h("b"), h("span", "l"));
  el.append(h("div", "heads", groups, names), scroll, nothing);

  const sheet = new Sheet(model, el);
  const tip = tipOf(model, sheet, el);
  let columns = [];
  let pool = [];
  let order = [];
  let pinned = 0;
  let cursor = -1;
  let looked = -1; // which Z column the keys look at
  let asked = false;
  let rowHeight = 18;
  let sortedAt = 0;
  let inside = false;
  let stamp = 0;
  let fading = 0;
  const begun = performance.now();

  // --- which rows, which columns --------------------------------------------------------------------------------------

  function arrange() {
    sortedAt = performance.now();
    const get = (name) => model.get(name);
    [order, pinned] = arranged(sheet, { sort: get("sort"), way: get("way"), query: get("query"), venue: get("venue"), pins: get("pins") });
    const height = order.length * rowHeight + "px";
    if (canvas.style.height !== height) canvas.style.height = height;
    scroll.setAttribute("aria-rowcount", String(order.length));
    nothing.hidden = order.length > 0;
    if (!order.length) explain(sheet.instruments.length > 0, get("venue"), get("waiting"));
  }

  function explain(searched, venue, waiting) {
    write(nothing.children[0], searched ? "Nothing fits this search" : "No instrument heard yet");
    const words = `Words are looked for in coin and venue${venue ? `, here at ${venue} alone` : ""}; Z>3 keeps rows with any |Z| of at least 3. Esc clears it.`;
    write(nothing.children[1], searched ? words : waiting);
  }

  function layout() {
    const width = el.clientWidth;
    if (!width) return; // hidden: laid out when it is shown again
    const narrow = width <= 560;
    columns = columnsFor(width, model.get("columns"));
    rowHeight = parseFloat(getComputedStyle(el).getPropertyValue("--row")) || 18;
    el.style.setProperty("--cols", columns.map((c) => `minmax(0,${narrow ? c.phone : c.width}fr)`).join(" "));
    // measured once a layout: asking a cell for its width while painting would make the browser lay out again
    const total = columns.reduce((sum, c) => sum + (narrow ? c.phone : c.width), 0);
    sheet.sparkPixels = Math.max(24, Math.min(70, Math.floor((width * (narrow ? 56 : 88)) / total) - 8));
    const shown = columns.map((c) => c.key);
    if (shown.join() !== model.get("shown").join()) {
      model.set("shown", shown);
      model.save_changes();
    }
    heads();
    for (const row of pool) row.el.remove();
    pool = [];
    sheet.glowing.clear();
    tip.hide();
    sheet.readColours();
    dirty(true);
  }

  function heads() {
    drawGroups(groups, columns, sheet);
    drawNames(names, columns, sheet, model.get("sort"), model.get("way"), (column) => {
      model.set("way", nextWay(column, model.get("sort") === column.key, model.get("way")));
      model.set("sort", column.key);
      model.save_changes();
    });
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  function makeRow() {
    const row = { el: h("div", "tr"), slot: -1, index: -1, cells: columns.map(makeCell) };
    row.el.setAttribute("role", "row");
    for (const cell of row.cells) cell.row = row.el;
    row.el.append(...row.cells.map((cell) => cell.el));
    canvas.append(row.el);
    return row;
  }

  // Which rows are on the screen. Kept until something scrolls or changes size: measuring makes the browser lay out.
  let seen = null;
  function visible() {
    if (!seen) {
      const [box, outer] = [canvas.getBoundingClientRect(), scroll.getBoundingClientRect()];
      seen = [Math.max(outer.top, 0) - box.top, Math.min(outer.bottom, innerHeight) - box.top];
    }
    const first = Math.max(0, Math.floor(seen[0] / rowHeight));
    return [first, Math.min(order.length, Math.max(first, Math.ceil(seen[1] / rowHeight)))];
  }

  function place(row, slot, chosen) {
    const index = order[slot];
    const moved = row.index !== index;
    if (row.slot !== slot) {
      row.el.style.transform = `translateY(${slot * rowHeight}px)`;
      row.el.setAttribute("aria-rowindex", String(slot + 1));
      row.slot = slot;
    }
    if (moved) {
      row.index = index;
      for (const cell of row.cells) Object.assign(cell, { was: undefined, lit: 0 });
      row.el.dataset.name = sheet.instruments[index].name;
    }
    toggle(row.el, "pin", slot < pinned);
    toggle(row.el, "pinlast", slot === pinned - 1);
    toggle(row.el, "sel", sheet.instruments[index].name === chosen);
    toggle(row.el, "cur", slot === cursor);
    return moved;
  }

  /** A row of the pool for every visible slot: the one that stands there, else a spare one. */
  function rowsFor(first, end) {
    while (pool.length < end - first) pool.push(makeRow());
    const bySlot = new Map(pool.map((row) => [row.slot, row]));
    const spare = pool.filter((row) => row.slot < first || row.slot >= end);
    const found = [];
    for (let slot = first; slot < end; slot++) found.push([slot, bySlot.get(slot) || spare.pop()]);
    for (const row of spare) {
      if (!row.el.hidden) row.el.hidden = true;
      row.slot = -1;
    }
    return found;
  }

  function draw() {
    asked = false;
    if (!el.isConnected || !sheet.instruments.length || !columns.length) return;
    const chosen = model.get("chosen");
    for (const [slot, row] of rowsFor(...visible())) {
      if (row.el.hidden) row.el.hidden = false;
      const moved = place(row, slot, chosen);
      for (const cell of row.cells) paintCell(cell, row.index, sheet, !moved);
    }
    fadeOn();
    if (stamp) measure();
  }

  // What glows fades with the numbers that come; should none come, on its own.
  function fadeOn() {
    clearTimeout(fading);
    const next = fade(sheet);
    if (next) fading = setTimeout(() => requestAnimationFrame(fadeOn), next);
  }

  // Hub to pixel: from the hub's clock in the message to the frame after the one in which it was written.
  function measure() {
    const sent = stamp;
    stamp = 0;
    requestAnimationFrame(() => {
      const took = Date.now() - sent;
      if (took >= 0 && took < 60_000) page.latencies.push(took);
      if (page.latencies.length > 300) page.latencies.splice(0, 100);
    });
  }

  function dirty(resort) {
    if (resort) {
      seen = null;
      arrange();
    }
    if (!asked) {
      asked = true;
      requestAnimationFrame(draw);
    }
  }

  // --- pointer and keys -----------------------------------------------------------------------------------------------

  function choose(slot) {
    if (slot < 0 || slot >= order.length) return;
    cursor = slot;
    model.set("chosen", sheet.instruments[order[slot]].name);
    model.set("opened", model.get("opened") + 1);
    model.save_changes();
    dirty(false);
  }

  /** The page of an instrument, where the address is ours; its charts beside the table elsewhere. */
  function visit(slot) {
    if (slot < 0 || slot >= order.length) return;
    if (!document.body.dataset.voila) return choose(slot);
    location.hash = "#/instrument?" + new URLSearchParams({ i: sheet.instruments[order[slot]].name });
  }

  function walk(step) {
    const [first, end] = visible();
    const from = cursor < 0 ? order.findIndex((row) => sheet.instruments[row].name === model.get("chosen")) : cursor;
    cursor = Math.max(0, Math.min(order.length - 1, from + step));
    if (cursor < first + 1) scroll.scrollTop = cursor * rowHeight;
    if (cursor > end - 2) scroll.scrollTop = (cursor + 1) * rowHeight - scroll.clientHeight;
    dirty(false);
    if (looked >= 0) requestAnimationFrame(() => look(0));
  }

  /** Left and right walk through the Z of a row, and tell of each what the pointer would. */
  function look(step) {
    const row = pool.find((one) => one.slot === (cursor < 0 ? 0 : cursor));
    const cells = row ? row.cells.filter((cell) => cell.column.kind === "z") : [];
    for (const one of el.querySelectorAll(".td.looked")) one.classList.remove("looked");
    looked = Math.min(cells.length - 1, looked + step);
    if (looked < 0) return tip.hide();
    cells[looked].el.classList.add("looked");
    tip.show(row.index, cells[looked], cells[0].el);
  }

  function onKey(event) {
    const step = STEPS_BY_KEY[event.key];
    const aside = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) walk(step);
    else if (aside) look(Math.max(aside, -1 - looked));
    else if (event.key === "Enter") choose(cursor);
    else if (event.key === "o" && !event.ctrlKey && !event.metaKey) visit(cursor);
    else if (event.key === "Escape") look(-1 - looked);
    else return;
    event.preventDefault();
  }

  const rowAt = (target) => pool.find((row) => row.el === target.closest?.(".tr"));
  canvas.addEventListener("click", (event) => choose(rowAt(event.target)?.slot ?? -1));
  canvas.addEventListener("dblclick", (event) => visit(rowAt(event.target)?.slot ?? -1));
  scroll.addEventListener("keydown", onKey);
  scroll.addEventListener("blur", () => look(-1 - looked));
  names.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const next = step && [...names.children].indexOf(document.activeElement) + step;
    if (step) names.children[Math.max(0, Math.min(names.children.length - 1, next))].focus();
  });
  canvas.addEventListener("pointerover", (event) => {
    const row = event.target.closest?.(".td.z") && rowAt(event.target);
    const cell = row && row.index >= 0 && row.cells.find((one) => one.el === event.target.closest(".td"));
    if (cell) tip.show(row.index, cell, row.cells.find((one) => one.column.kind === "z").el);
    else tip.hide();
  });
  el.addEventListener("pointerenter", () => (inside = true));
  el.addEventListener("pointerleave", () => ((inside = false), tip.hide()));
  const scrolled = () => ((seen = null), dirty(false));
  document.addEventListener("scroll", scrolled, { capture: true, passive: true });

  // --- what makes it move ---------------------------------------------------------------------------------------------

  const forget = () => pool.forEach((row) => row.cells.forEach((cell) => (cell.was = undefined)));
  const aged = () => toggle(el, "old", model.get("old") || Boolean(page.beat?.runs && performance.now() - page.beat.at > DEAF_MS));
  const undo = [
    follow(model, ["live"], () => {
      sheet.readLive();
      if (performance.now() - begun > 5000) stamp = model.get("sent_ms"); // what queued up while the page loaded tells nothing
      dirty(false);
    }),
    follow(model, ["closed", "reasons", "counts"], () => (sheet.readClosed(), dirty(false))),
    follow(model, ["sparks"], () => (sheet.readSparks(), dirty(false))),
    follow(model, ["instruments", "waiting", "doubts", "lacks"], () => (sheet.read(), forget(), heads(), dirty(true))),
    follow(model, ["tf", "window", "kind"], () => (sheet.settings(), forget(), heads(), dirty(true))),
    follow(model, ["sort", "way", "query", "venue", "pins"], () => (heads(), (scroll.scrollTop = 0), dirty(true))),
    follow(model, ["columns"], layout),
    follow(model, ["chosen"], () => dirty(false)),
    follow(model, ["baseline"], tip.told),
    follow(model, ["old"], aged),
    faultBox(el, model),
    onTheme(() => (sheet.readColours(), dirty(false))),
  ];
  const watch = new ResizeObserver(layout);
  watch.observe(el);
  // Once a second: ages grow also in silence, and the order follows the numbers, but never under the pointer.
  const timer = setInterval(() => {
    if (!el.clientWidth) return;
    sheet.beat = Math.floor(marketNow() / 1000);
    aged();
    for (const row of pool) if (row.slot >= 0) paintCell(row.cells[0], row.index, sheet, false);
    if (inside || looked >= 0 || performance.now() - sortedAt < 950) return;
    const [before, held] = [order.join(), order[cursor]];
    arrange();
    if (order.join() === before) return;
    if (cursor >= 0) cursor = order.indexOf(held); // the keys stay with their row
    dirty(false);
  }, 1000);
  return () => {
    undo.forEach((f) => f());
    watch.disconnect();
    clearInterval(timer);
    clearTimeout(fading);
    document.removeEventListener("scroll", scrolled, { capture: true });
  };
}

export default { render };
