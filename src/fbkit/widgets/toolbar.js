// Search, venue, timeframe, Z window and kind, columns, Export and the split of the page; what is being fetched.

import { columnsMenu, keptColumns } from "./columns_menu.js";
import { dress, follow, h, segmented, svg, toggle, write } from "./dom.js";
import { exporting } from "./exporting.js";

const KIND_WORDS = {
  classic: ["classic", "Against mean and standard deviation"],
  robust: ["robust", "Against median and median deviation: one outlier does not widen it"],
  ewma: ["EWMA", "Weights halve every half window: the newest bars count most"],
};

/** A row of buttons, and the same as a list where there is no room for it. */
function folding(label, items, pick) {
  const buttons = segmented(label, items, pick);
  const list = h("select");
  list.setAttribute("aria-label", label);
  list.append(...items.map(([value, text]) => new Option(text ?? String(value), String(value))));
  list.addEventListener("change", () => pick(items.find(([value]) => String(value) === list.value)[0]));
  const el = h("span", "folding", buttons, list);
  el.press = (current) => {
    buttons.press(current);
    list.value = String(current);
  };
  return el;
}

// One venue or all; with one venue there is nothing to choose.
function venueChoice(pick) {
  const box = h("span", "venues");
  let drawn = "";
  let choice = null;
  box.show = (venues, current) => {
    box.hidden = venues.length < 2;
    if (drawn !== venues.join()) {
      drawn = venues.join();
      choice = folding("Venue", [["", "all", "Every venue"], ...venues.map((venue) => [venue, venue, `${venue} alone`])], pick);
      choice.querySelector("option").textContent = `all ${venues.length} venues`;
      toggle(box, "many", venues.length > 3);
      box.replaceChildren(choice);
    }
    choice?.press(current);
  };
  return box;
}

function searchField(pick) {
  const input = h("input");
  input.type = "text";
  input.placeholder = "Coin, venue, Z>3 \u2026";
  input.setAttribute("aria-label", "Search instruments");
  input.autocomplete = "off";
  input.spellcheck = false;
  const key = h("kbd", "", "/");
  const el = h("label", "find", svg(11, 11, ["M4.5 1a3.5 3.5 0 1 0 .01 0zM7 7l3.5 3.5", "none", "currentColor"]), input, key);
  let typing = 0;
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => pick(input.value), 80);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") document.querySelector(".fb-table .scroll")?.focus();
    if (event.key !== "Escape") return;
    input.value = "";
    pick("");
    input.blur();
  });
  el.start = () => (input.focus(), input.select());
  el.show = (query) => {
    if (document.activeElement !== input) input.value = query;
    write(key, query ? "esc" : "/");
  };
  return el;
}

function progressLine() {
  const what = h("span");
  const fill = h("i");
  const el = h("span", "fetching wide", what, h("i", "", fill));
  el.setAttribute("role", "status");
  el.show = (text, share) => {
    el.hidden = !text;
    write(what, text);
    fill.parentElement.hidden = share === null;
    fill.style.width = 100 * (share || 0) + "%";
  };
  return el;
}

function render({ model, el }) {
  dress(el, model, "fb-tools");
  const set = (name) => (value) => {
    model.set(name, value);
    model.save_changes();
  };
  const find = searchField(set("query"));
  const venues = venueChoice(set("venue"));
  const tfs = folding("Timeframe", model.get("tfs").map((tf) => [tf]), set("tf"));
  const windows = folding("Bars in a Z-score's baseline", model.get("windows").map((n) => [n]), set("window"));
  const kinds = folding("How Z-scores measure spread", model.get("kinds").map((kind) => [kind, ...KIND_WORDS[kind]]), set("kind"));
  kinds.classList.add("kinds");
  windows.classList.add("windows");
  const view = segmented("View", [["table", "Table", "Table alone (t)"], ["split", "Split", "Table and charts (s)"], ["chart", "Charts", "Charts alone (c)"]], set("view"));
  view.classList.add("wide");
  const columns = columnsMenu(model);
  columns.el.classList.add("wide");
  const exports = exporting(model, true);
  const note = h("span", "note");
  note.setAttribute("role", "status");
  const drawer = h("button", "btn drawer", "Alerts");
  drawer.type = "button";
  const progress = progressLine();
  const caption = (text) => h("span", "tl", text);
  el.append(find, venues, caption("bar"), tfs, caption("Z window"), windows, kinds, progress, h("span", "sp"), note, drawer, columns.el, exports.el, view);

  drawer.addEventListener("click", () => el.closest(".fb-tab")?.classList.toggle("drawer"));
  const onKey = (event) => {
    const typed = event.target.closest?.("input, select, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey;
    if (typed || !document.body.dataset.voila || !el.offsetParent) return;
    if (event.key === "/") (event.preventDefault(), find.start());
    const chosen = { t: "table", s: "split", c: "chart" }[event.key];
    if (chosen) set("view")(chosen);
  };
  document.addEventListener("keydown", onKey);
  const split = () => {
    view.press(model.get("view"));
    const tab = el.closest(".fb-tab");
    if (tab) for (const name of ["table", "chart"]) tab.classList.toggle("view-" + name, model.get("view") === name);
  };
  requestAnimationFrame(split);
  if (document.body.dataset.voila && Object.keys(keptColumns()).length) set("columns")(keptColumns());
  const undo = [
    follow(model, ["venues", "venue"], () => venues.show(model.get("venues"), model.get("venue"))),
    follow(model, ["tf"], () => tfs.press(model.get("tf"))),
    follow(model, ["window"], () => windows.press(model.get("window"))),
    follow(model, ["kind"], () => kinds.press(model.get("kind"))),
    follow(model, ["view"], split),
    follow(model, ["columns", "shown", "tf"], columns.show),
    follow(model, ["formats"], exports.draw),
    follow(model, ["note"], () => write(note, model.get("note"))),
    follow(model, ["query"], () => find.show(model.get("query"))),
    follow(model, ["progress_text", "progress"], () => progress.show(model.get("progress_text"), model.get("progress"))),
  ];
  return () => {
    for (const f of [...undo, columns.undo, exports.undo]) f();
    document.removeEventListener("keydown", onKey);
  };
}

export default { render };
