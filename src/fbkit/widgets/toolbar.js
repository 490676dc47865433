// Search, venue, timeframe, Z window and the split of the page; what is being fetched, while it is.

import { dress, follow, h, segmented, svg, toggle, write } from "./dom.js";

// One venue or all: buttons where there is room for them, a list where there is not; with one venue nothing to choose.
function venueChoice(pick) {
  const box = h("span", "venues");
  const list = h("select");
  list.setAttribute("aria-label", "Venue");
  list.addEventListener("change", () => pick(list.value));
  let drawn = "";
  let buttons = null;
  box.show = (venues, current) => {
    box.hidden = venues.length < 2;
    if (drawn !== venues.join()) {
      drawn = venues.join();
      buttons = segmented("Venue", [["", "all", "Every venue"], ...venues.map((venue) => [venue, venue, `${venue} alone`])], pick);
      list.replaceChildren(...["", ...venues].map((venue) => new Option(venue || `all ${venues.length} venues`, venue)));
      toggle(box, "many", venues.length > 4);
      box.replaceChildren(buttons, list);
    }
    buttons?.press(current);
    list.value = current;
  };
  return box;
}

function render({ model, el }) {
  dress(el, model, "fb-tools");
  const set = (name) => (value) => {
    model.set(name, value);
    model.save_changes();
  };
  const input = h("input");
  input.type = "text";
  input.placeholder = "Coin, venue, Z>3 \u2026";
  input.setAttribute("aria-label", "Search instruments");
  input.autocomplete = "off";
  input.spellcheck = false;
  const key = h("kbd", "", "/");
  const find = h("label", "find", svg(11, 11, ["M4.5 1a3.5 3.5 0 1 0 .01 0zM7 7l3.5 3.5", "none", "currentColor"]), input, key);
  const venues = venueChoice(set("venue"));
  const tfs = segmented("Timeframe", model.get("tfs").map((tf) => [tf]), set("tf"));
  const windows = segmented("Bars in a Z-score's baseline", model.get("windows").map((n) => [n]), set("window"));
  const view = segmented("View", [["table", "Table", "Table alone (t)"], ["split", "Split", "Table and charts (s)"], ["chart", "Charts", "Charts alone (c)"]], set("view"));
  view.classList.add("wide");
  const drawer = h("button", "btn drawer", "Alerts");
  drawer.type = "button";
  const what = h("span");
  const fill = h("i");
  const progress = h("span", "fetching wide", what, h("i", "", fill));
  progress.setAttribute("role", "status");
  el.append(find, venues, h("span", "tl", "bar"), tfs, h("span", "tl", "Z window"), windows, progress, h("span", "sp"), drawer, view);

  let typing = 0;
  input.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => set("query")(input.value), 80);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    input.value = "";
    set("query")("");
    input.blur();
  });
  drawer.addEventListener("click", () => el.closest(".fb-tab")?.classList.toggle("drawer"));
  const onKey = (event) => {
    if (event.target.closest?.("input, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey || !document.body.dataset.voila) return;
    if (event.key === "/") {
      event.preventDefault();
      input.focus();
      input.select();
    }
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
  const undo = [
    follow(model, ["venues", "venue"], () => venues.show(model.get("venues"), model.get("venue"))),
    follow(model, ["tf"], () => tfs.press(model.get("tf"))),
    follow(model, ["window"], () => windows.press(model.get("window"))),
    follow(model, ["view"], split),
    follow(model, ["query"], () => {
      if (document.activeElement !== input) input.value = model.get("query");
      write(key, model.get("query") ? "esc" : "/");
    }),
    follow(model, ["progress_text", "progress"], () => {
      progress.hidden = !model.get("progress_text");
      write(what, model.get("progress_text"));
      fill.parentElement.hidden = model.get("progress") === null;
      fill.style.width = 100 * (model.get("progress") || 0) + "%";
    }),
  ];
  return () => (undo.forEach((f) => f()), document.removeEventListener("keydown", onKey));
}

export default { render };
