// The live table: a pool of rows over the visible part, moved and rewritten in place as values, order and scroll change.

import { age, bp, funding, money, percent, signed, zscore, clock } from "./format.js";
import { dress, faultBox, follow, h, marketNow, onTheme, page, toggle, write } from "./dom.js";
import { COLUMNS, JUDGED, REASONS, columnsFor, headOf, judged } from "./table_columns.js";
import { makeCell, numberOf, paintCell, share } from "./table_cells.js";
import { Sheet } from "./table_sheet.js";

const TELL = { percent: (v) => percent(v) + "\u00a0%", money: (v) => money(v) + "\u00a0USD", bp: (v) => bp(v) + "\u00a0bp", funding: (v) => funding(v) + "\u00a0% 8 h", share };
const WHY = {
  warmup: (n, window) => `warm-up, ${n} of ${window} bars`,
  zero_var: () => "every bar of the window has the same value",
  gap: () => "too much of the window lies in a gap",
  stale: () => "the input is older than its feed allows",
  unsupported: () => "this venue has no such feed",
  waiting: () => "not heard yet",
};

function render({ model, el }) {
  dress(el, model, "fb-table");
  const heads = h("div", "heads");
  const groups = h("div", "groups");
  const names = h("div", "names");
  heads.append(groups, names);
  const canvas = h("div", "canvas");
  const scroll = h("div", "scroll", canvas);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "grid");
  scroll.setAttribute("aria-label", "Instruments");
  const nothing = h("div", "nothing", h("b"), h("span", "l"));
  const tip = h("div", "tip");
  tip.hidden = true;
  el.append(heads, scroll, nothing, tip);

  const sheet = new Sheet(model, el);
  let columns = [];
  let pool = [];
  let order = [];
  let pinned = 0;
  let cursor = -1;
  let asked = false;
  let rowHeight = 18;
  let sortedAt = 0;
  let inside = false;
  let stamp = 0;
  const begun = performance.now();

  // --- which rows, in which order -----------------------------------------------------------------------------------

  function matcher() {
    const words = model.get("query").toLowerCase().split(/\s+/).filter(Boolean);
    const tests = words.map((word) => {
      const limit = /^z(>|>=|<)(\d+(?:\.\d+)?)$/.exec(word);
      if (limit) return (row) => (limit[1] === "<" ? sheet.loudest(row) < Number(limit[2]) : sheet.loudest(row) >= Number(limit[2]));
      return (row) => sheet.instruments[row].name.toLowerCase().includes(word);
    });
    const venue = model.get("venue");
    return (row) => (!venue || sheet.instruments[row].venue === venue) && tests.every((test) => test(row));
  }

  // A pinned coin is held on top once, at the largest venue shown: the others would fill the screen.
  function pinsAmong(rows) {
    const place = new Map();
    model.get("pins").forEach((base, pin) => {
      const best = (a, b) => {
        const [x, y] = [sheet.instruments[a], sheet.instruments[b]];
        return Boolean(x.suffix) - Boolean(y.suffix) || x.rank - y.rank || a - b;
      };
      const mine = rows.filter((row) => sheet.instruments[row].base === base).sort(best);
      if (mine.length) place.set(mine[0], pin);
    });
    return place;
  }

  function arrange() {
    sortedAt = performance.now();
    const [key, way] = [model.get("sort"), model.get("way")];
    const column = COLUMNS.find((c) => c.key === key) || COLUMNS[0];
    const rank = (row) => {
      if (column.kind === "name") return sheet.spelling(row);
      const v = column.kind === "spark" ? sheet.live("day_change", row) : numberOf(sheet, column, row);
      return way === "abs" ? Math.abs(v) : v;
    };
    const rows = sheet.instruments.map((_, row) => row).filter(matcher());
    const pins = pinsAmong(rows);
    const keyed = rows.map((row) => ({ row, pin: pins.get(row) ?? -1, v: rank(row) }));
    keyed.sort((a, b) => {
      if (a.pin >= 0 || b.pin >= 0) return (a.pin < 0 ? 999 : a.pin) - (b.pin < 0 ? 999 : b.pin) || a.row - b.row;
      if (column.kind === "name") return (a.v < b.v ? -1 : a.v > b.v ? 1 : 0) * (way === "up" ? 1 : -1);
      const [na, nb] = [Number.isNaN(a.v), Number.isNaN(b.v)];
      if (na || nb) return na - nb || a.row - b.row; // what is missing stands last, whichever way
      return (way === "up" ? a.v - b.v : b.v - a.v) || a.row - b.row;
    });
    order = keyed.map((k) => k.row);
    pinned = keyed.filter((k) => k.pin >= 0).length;
    canvas.style.height = order.length * rowHeight + "px";
    scroll.setAttribute("aria-rowcount", String(order.length));
    const none = !order.length;
    nothing.hidden = !none;
    if (none && sheet.instruments.length) {
      write(nothing.children[0], "Nothing fits this search");
      write(nothing.children[1], `Words are looked for in coin and venue${model.get("venue") ? `, here at ${model.get("venue")} alone` : ""}; Z>3 keeps rows with any |Z| of at least 3. Esc clears it.`);
    } else if (none) {
      write(nothing.children[0], "No instrument heard yet");
      write(nothing.children[1], model.get("waiting"));
    }
  }

  // --- heads ----------------------------------------------------------------------------------------------------------

  function layout() {
    const width = el.clientWidth;
    columns = columnsFor(width);
    rowHeight = parseFloat(getComputedStyle(el).getPropertyValue("--row")) || 18;
    const narrow = width <= 560;
    el.style.setProperty("--cols", columns.map((c) => `minmax(0,${narrow ? c.phone : c.width}fr)`).join(" "));
    // measured once a layout: asking a cell for its width while painting would make the browser lay out again
    const total = columns.reduce((sum, c) => sum + (narrow ? c.phone : c.width), 0);
    sheet.sparkPixels = Math.max(24, Math.min(70, Math.floor((width * (narrow ? 56 : 88)) / total) - 8));
    drawHeads();
    for (const row of pool) row.el.remove();
    pool = [];
    sheet.readColours();
    arrange();
    dirty(true);
  }

  function drawHeads() {
    groups.replaceChildren();
    names.replaceChildren();
    let open = null;
    for (const column of columns) {
      if (!open || open.name !== column.group) {
        open = { name: column.group, count: 0, el: h("span") };
        groups.append(open.el);
        if (column.group === "Z") open.el.append(h("b", "s", `Z, ${sheet.window} \u00d7 ${sheet.tf}`), scale());
        else if (column.group) open.el.append(column.group + (column.group === "Price" ? "" : column.group.startsWith("Flow") ? `, ${sheet.tf}` : ""));
      }
      open.count += 1;
      open.el.style.gridColumn = "span " + open.count;
      names.append(head(column));
    }
  }

  function scale() {
    const bar = h("i", "scale", "\u22124 ");
    for (const step of ["n4", "n3", "n2", "n1", "0", "p1", "p2", "p3", "p4"]) {
      const box = h("i");
      box.style.background = `var(--z${step})`;
      bar.append(box);
    }
    bar.append(" +4");
    return bar;
  }

  function head(column) {
    const judges = column.kind === "z" ? judged(column, sheet.tf) : "";
    const title = headOf(column, sheet.tf);
    const current = model.get("sort") === column.key;
    const way = model.get("way");
    const arrow = !current ? "" : way === "up" ? " \u2191" : way === "abs" ? " |\u2193|" : " \u2193";
    const button = h("button", column.kind === "spark" ? "c" : "", title + arrow);
    button.type = "button";
    button.dataset.key = column.key;
    const doubts = column.kind === "z" ? [] : sheet.doubtsOf(column.field);
    if (doubts.length) button.append(h("span", "ask", " ?"));
    button.title = [column.about || (column.kind === "z" ? `Z of ${JUDGED[judges][0]} of the last closed bar against the ${sheet.window} before it` : ""), ...doubts].join("\n");
    button.setAttribute("aria-sort", current ? (way === "up" ? "ascending" : "descending") : "none");
    button.addEventListener("click", () => sortBy(column));
    return button;
  }

  function sortBy(column) {
    const ways = column.kind === "name" ? ["up", "down"] : column.kind === "z" ? ["abs", "down", "up"] : ["down", "up"];
    const same = model.get("sort") === column.key;
    model.set("way", same ? ways[(ways.indexOf(model.get("way")) + 1) % ways.length] : ways[0]);
    model.set("sort", column.key);
    model.save_changes();
  }

  // --- drawing --------------------------------------------------------------------------------------------------------

  function makeRow() {
    const row = { el: h("div", "tr"), slot: -1, index: -1, cells: [] };
    row.el.setAttribute("role", "row");
    for (const column of columns) {
      const cell = makeCell(column);
      cell.row = row.el;
      row.cells.push(cell);
      row.el.append(cell.el);
    }
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
      for (const cell of row.cells) cell.was = undefined;
      row.el.dataset.name = sheet.instruments[index].name;
    }
    toggle(row.el, "pin", slot < pinned);
    toggle(row.el, "pinlast", slot === pinned - 1);
    toggle(row.el, "sel", sheet.instruments[index].name === chosen);
    toggle(row.el, "cur", slot === cursor);
    return moved;
  }

  function draw() {
    asked = false;
    if (!el.isConnected || !sheet.instruments.length) return;
    const [first, end] = visible();
    while (pool.length < end - first) pool.push(makeRow());
    const chosen = model.get("chosen");
    const free = new Set(pool);
    const bySlot = new Map(pool.map((row) => [row.slot, row]));
    const wanted = [];
    for (let slot = first; slot < end; slot++) {
      const row = bySlot.get(slot);
      if (row) free.delete(row);
      wanted.push([slot, row]);
    }
    const spare = [...free];
    for (const [slot, row] of wanted) {
      const used = row || spare.pop();
      used.el.hidden = false;
      const moved = place(used, slot, chosen);
      for (const cell of used.cells) paintCell(cell, used.index, sheet, !moved);
    }
    for (const row of spare) {
      row.el.hidden = true;
      row.slot = -1;
    }
    if (stamp) measure();
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

  // --- pointer, keys, tooltip -----------------------------------------------------------------------------------------

  function choose(slot) {
    if (slot < 0 || slot >= order.length) return;
    cursor = slot;
    model.set("chosen", sheet.instruments[order[slot]].name);
    model.set("opened", model.get("opened") + 1);
    model.save_changes();
    dirty(false);
  }

  function onKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12, Home: -1e6, End: 1e6 }[event.key];
    if (step) {
      const [first, end] = visible();
      const from = cursor < 0 ? order.findIndex((row) => sheet.instruments[row].name === model.get("chosen")) : cursor;
      cursor = Math.max(0, Math.min(order.length - 1, from + step));
      if (cursor < first + 1) scroll.scrollTop = cursor * rowHeight;
      if (cursor > end - 2) scroll.scrollTop = (cursor + 1) * rowHeight - scroll.clientHeight;
      event.preventDefault();
      dirty(false);
    } else if (event.key === "Enter") choose(cursor);
  }

  function describe(row, cell) {
    const { column } = cell;
    const name = sheet.instruments[row];
    const list = h("div", "kv");
    const line = (term, text) => list.append(h("span", "", term), h("span", "", text));
    const column2 = judged(column, sheet.tf);
    const [label, field, kind] = JUDGED[column2];
    const z = sheet.z(column2, sheet.window, row);
    const n = sheet.zCount(column2, sheet.window, row);
    const t1 = sheet.closed("t1_ms", row);
    if (Number.isFinite(z)) {
      const value = sheet.closed(field, row);
      line(label + " of the bar", Number.isFinite(value) ? TELL[kind](value) : "\u2013");
      line("bars behind it", `${n} of ${sheet.window}`);
      for (const other of sheet.windows) if (other !== sheet.window) line(`against ${other} bars`, zscore(sheet.z(column2, other, row)));
    } else {
      const reason = REASONS[sheet.zReason(column2, sheet.window, row)] || "waiting";
      line("reason", WHY[reason](n, sheet.window));
      if (reason === "warmup" && Number.isFinite(t1)) {
        const left = (sheet.window - n) * model.get("tf_s");
        line("ready at the earliest", `${clock(t1 + left * 1000).slice(0, 5)}, in ${age(left)}`);
      }
    }
    line("coverage of the bar", signed(sheet.closed("coverage", row) * 100, 0).replace("+", "") + "\u00a0%");
    line("bar closed", clock(t1));
    const head = Number.isFinite(z) ? `Z ${label} ${zscore(z)} ` : `No Z ${label} `;
    return [h("b", "", head), h("span", "l", `${name.base}, ${name.venue}, ${sheet.tf}`), list];
  }

  function hover(event) {
    const cellEl = event.target.closest?.(".td.z");
    const row = cellEl && pool.find((r) => r.el === cellEl.parentElement);
    if (!row || row.index < 0) {
      tip.hidden = true;
      return;
    }
    const cell = row.cells.find((c) => c.el === cellEl);
    tip.replaceChildren(...describe(row.index, cell));
    tip.hidden = false;
    const [outer, box, block] = [el.getBoundingClientRect(), cellEl.getBoundingClientRect(), row.cells.find((c) => c.column.kind === "z").el.getBoundingClientRect()];
    tip.style.right = Math.max(4, outer.right - block.left + 8) + "px"; // left of the Z block, so that it hides none
    tip.style.top = Math.max(4, Math.min(box.top - outer.top + 16, outer.height - tip.offsetHeight - 4)) + "px";
  }

  canvas.addEventListener("click", (event) => {
    const row = pool.find((r) => r.el === event.target.closest?.(".tr"));
    if (row) choose(row.slot);
  });
  scroll.addEventListener("keydown", onKey);
  canvas.addEventListener("pointerover", hover);
  el.addEventListener("pointerenter", () => (inside = true));
  el.addEventListener("pointerleave", () => {
    inside = false;
    tip.hidden = true;
  });
  const scrolled = () => {
    seen = null;
    dirty(false);
  };
  document.addEventListener("scroll", scrolled, { capture: true, passive: true });

  // --- what makes it move ---------------------------------------------------------------------------------------------

  const forget = () => pool.forEach((row) => row.cells.forEach((cell) => (cell.was = undefined)));
  const undo = [
    follow(model, ["live"], () => {
      sheet.readLive();
      if (performance.now() - begun > 5000) stamp = model.get("sent_ms"); // what queued up while the page loaded tells nothing
      dirty(false);
    }),
    follow(model, ["closed", "reasons", "counts"], () => (sheet.readClosed(), dirty(false))),
    follow(model, ["sparks"], () => (sheet.readSparks(), dirty(false))),
    follow(model, ["instruments", "waiting", "doubts", "lacks"], () => (sheet.read(), forget(), drawHeads(), dirty(true))),
    follow(model, ["tf", "window"], () => (sheet.settings(), forget(), drawHeads(), dirty(true))),
    follow(model, ["sort", "way", "query", "venue", "pins"], () => (drawHeads(), (scroll.scrollTop = 0), dirty(true))),
    follow(model, ["chosen"], () => dirty(false)),
    follow(model, ["old"], () => toggle(el, "old", model.get("old"))),
    faultBox(el, model),
    onTheme(() => (sheet.readColours(), dirty(false))),
  ];
  const watch = new ResizeObserver(layout);
  watch.observe(el);
  // Once a second: ages grow also in silence, and the order follows the numbers, but never under the pointer.
  const timer = setInterval(() => {
    sheet.beat = Math.floor(marketNow() / 1000);
    for (const row of pool) if (row.slot >= 0) paintCell(row.cells[0], row.index, sheet, false);
    if (!inside && performance.now() - sortedAt >= 950) {
      const before = order.join();
      arrange();
      if (order.join() !== before) dirty(false);
    }
  }, 1000);
  return () => {
    undo.forEach((f) => f());
    watch.disconnect();
    clearInterval(timer);
    document.removeEventListener("scroll", scrolled, { capture: true });
  };
}

export default { render };
