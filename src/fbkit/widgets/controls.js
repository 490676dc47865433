// A row of choices over a tab. Narrow rows fold buttons into a list; Export hands over a file made in Python.

import { dress, follow, h, segmented, svg, write } from "./dom.js";
import { exporting } from "./exporting.js";

/** Buttons of which one is pressed, and the same as a list for narrow rows. */
function one(control, pick) {
  const buttons = segmented(control.label || control.name, control.items, pick);
  const list = h("select");
  list.setAttribute("aria-label", control.label || control.name);
  list.append(...control.items.map(([value, text]) => new Option(text, JSON.stringify(value))));
  list.addEventListener("change", () => pick(JSON.parse(list.value)));
  const el = h("span", "choice", buttons, list);
  el.press = (value) => {
    buttons.press(value);
    list.value = JSON.stringify(value);
  };
  return el;
}

/** Buttons each pressed or not. */
function many(control, pick) {
  const el = h("span", "seg");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", control.label || control.name);
  let on = new Set();
  const buttons = control.items.map(([value, text]) => {
    const mark = h("i", "vmark");
    mark.style.background = `var(--v-${CSS.escape(String(value))}, var(--ink3))`;
    const button = h("button", "", control.marks ? mark : null, text);
    button.type = "button";
    button.addEventListener("click", () => {
      const next = new Set(on);
      if (!next.delete(value)) next.add(value);
      pick(control.items.map(([v]) => v).filter((v) => next.has(v)));
    });
    el.append(button);
    return [value, button];
  });
  el.press = (values) => {
    on = new Set(values || []);
    for (const [value, button] of buttons) button.setAttribute("aria-pressed", String(on.has(value)));
  };
  return el;
}

/** A field that finds one of many as one types; Enter takes the first that fits. */
function pick(control, choose) {
  const input = h("input");
  input.type = "text";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.setAttribute("aria-label", control.label || control.name);
  input.placeholder = control.label ? control.label + " \u2026" : "";
  const list = h("datalist");
  list.id = "fb-pick-" + Math.random().toString(36).slice(2);
  list.append(...control.items.map(([value, text]) => Object.assign(h("option", "", text), { value })));
  input.setAttribute("list", list.id);
  const el = h("label", "find", svg(11, 11, ["M4.5 1a3.5 3.5 0 1 0 .01 0zM7 7l3.5 3.5", "none", "currentColor"]), input, list, h("kbd", "", "/"));
  let shown = "";
  const take = () => {
    const typed = input.value.trim().toLowerCase();
    const names = control.items.map(([value]) => value);
    const found = names.find((v) => v.toLowerCase() === typed) ?? names.find((v) => v.toLowerCase().includes(typed));
    if (typed && found && found !== shown) choose(found);
    input.value = typed && found ? found : shown;
  };
  input.addEventListener("focus", () => (input.value = ""));
  input.addEventListener("blur", () => (input.value = shown));
  input.addEventListener("change", () => (take(), input.blur()));
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") (take(), input.blur());
    if (event.key === "Escape") input.blur();
  });
  el.press = (value) => {
    shown = value || "";
    if (document.activeElement !== input) input.value = shown;
  };
  el.searches = () => input.focus();
  return el;
}

function render({ model, el }) {
  dress(el, model, "fb-controls");
  const set = (name) => (value) => {
    model.set("values", { ...model.get("values"), [name]: value });
    model.save_changes();
  };
  let rows = [];
  const note = h("span", "note");
  note.setAttribute("role", "status");
  const exports = exporting(model);
  const draw = () => {
    rows = model.get("controls").map((control) => {
      const make = { seg: one, many, pick }[control.kind];
      const made = make(control, set(control.name));
      if (control.about) made.title = control.about;
      made.dataset.name = control.name;
      return [control, made];
    });
    const parts = rows.flatMap(([control, made]) => [control.end ? h("span", "sp") : "", control.label && control.kind !== "pick" ? h("span", "tl", control.label) : "", made]);
    const spaced = model.get("controls").some((control) => control.end);
    el.replaceChildren(...parts.filter(Boolean), spaced ? "" : h("span", "sp"), note, exports.el);
    press();
  };
  const press = () => {
    const values = model.get("values");
    for (const [control, made] of rows) made.press(values[control.name]);
  };
  const onKey = (event) => {
    if (event.key !== "/" || event.target.closest?.("input, select, textarea") || !el.offsetParent || !document.body.dataset.voila) return;
    const field = rows.map(([, made]) => made).find((made) => made.searches);
    if (field) (event.preventDefault(), field.searches());
  };
  document.addEventListener("keydown", onKey);
  const undo = [follow(model, ["controls"], draw), follow(model, ["values"], press), follow(model, ["formats"], exports.draw), follow(model, ["note"], () => write(note, model.get("note")))];
  return () => {
    undo.forEach((f) => f());
    exports.undo();
    document.removeEventListener("keydown", onKey);
  };
}

export default { render };
