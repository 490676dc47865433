// Which columns the table shows: a box each, in the table's order, remembered by this browser. What a viewer wants
// comes first where room is short; what nobody asked for comes and goes with it.

import { h } from "./dom.js";
import { menu } from "./menu.js";
import { COLUMNS, titleOf } from "./table_columns.js";

const KEPT_COLUMNS = "fbkit-columns";

/** What this browser remembers; nothing where it stores nothing, or something else. */
export function keptColumns() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT_COLUMNS)) || {};
    return Object.fromEntries(COLUMNS.map((c) => [c.key, kept[c.key]]).filter(([, on]) => typeof on === "boolean"));
  } catch {
    return {};
  }
}

function keep(chosen) {
  try {
    localStorage.setItem(KEPT_COLUMNS, JSON.stringify(chosen));
  } catch {
    // chosen all the same, for as long as the page is open
  }
}

/** The button and its panel; `show()` when what is shown or wanted changes. */
export function columnsMenu(model) {
  const choose = (chosen) => {
    keep(chosen);
    model.set("columns", chosen);
    model.save_changes();
  };
  const boxes = new Map();

  function line(column) {
    const box = h("input");
    box.type = "checkbox";
    box.addEventListener("change", () => choose({ ...model.get("columns"), [column.key]: box.checked }));
    const room = h("span", "s");
    boxes.set(column.key, [box, room]);
    const el = h("label", "item", box, h("span", "", titleOf(column, model.get("tf"))), room);
    el.title = column.about || "";
    return el;
  }

  function fill() {
    boxes.clear();
    const groups = new Map();
    for (const column of COLUMNS.filter((c) => c.kind !== "name")) {
      if (!groups.has(column.group)) groups.set(column.group, h("div", "group", h("b", "s", column.group)));
      groups.get(column.group).append(line(column));
    }
    const usual = h("button", "btn", "Usual columns");
    usual.type = "button";
    usual.title = "Forget what was chosen here: columns come and go with the room there is";
    usual.addEventListener("click", () => choose({}));
    show();
    return [h("div", "columns", ...groups.values()), usual];
  }

  function show() {
    const [chosen, shown] = [model.get("columns"), new Set(model.get("shown"))];
    for (const [key, [box, room]] of boxes) {
      box.checked = chosen[key] ?? shown.has(key);
      room.textContent = box.checked && !shown.has(key) ? "no room" : "";
    }
  }

  const opens = menu("Columns", "Columns of the table", fill, false);
  return { el: opens.el, show, undo: opens.undo };
}
