// A button and the small panel it opens: a press elsewhere, Escape or leaving it closes it, arrows walk through it.

import { h } from "./dom.js";

/** `fill()` gives what the panel holds, each time it opens; `closes`: a press on something in it closes it again. */
export function menu(label, title, fill, closes = true) {
  const button = h("button", "btn", label);
  button.type = "button";
  button.title = title;
  button.setAttribute("aria-haspopup", "true");
  const panel = h("div", "tip menu");
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", title);
  const el = h("span", "opens", button, panel);
  const open = (on) => {
    if (on) panel.replaceChildren(...fill());
    panel.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
  };
  const stops = () => [...panel.querySelectorAll("button, input")].filter((one) => !one.disabled);
  const walk = (step) => {
    const all = stops();
    const at = all.indexOf(document.activeElement);
    all[at < 0 ? (step > 0 ? 0 : all.length - 1) : (at + step + all.length) % all.length]?.focus();
  };
  button.addEventListener("click", () => open(panel.hidden));
  panel.addEventListener("click", (event) => {
    if (!closes || !event.target.closest("button")) return;
    open(false);
    button.focus();
  });
  el.addEventListener("focusout", (event) => {
    if (!el.contains(event.relatedTarget) && event.relatedTarget) open(false);
  });
  el.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && !panel.hidden) {
      event.stopPropagation();
      open(false);
      button.focus();
    } else if (step) {
      event.preventDefault();
      if (panel.hidden) open(true);
      walk(step);
    }
  });
  const outside = (event) => {
    if (!el.contains(event.target)) open(false);
  };
  document.addEventListener("pointerdown", outside, true);
  open(false);
  return { el, button, panel, open, undo: () => document.removeEventListener("pointerdown", outside, true) };
}
