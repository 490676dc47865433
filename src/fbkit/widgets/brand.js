// The name, and the pages there are.

import { dress, follow, h, svg } from "./dom.js";

function render({ model, el }) {
  dress(el, model, "fb-brand");
  const nav = h("nav");
  nav.setAttribute("aria-label", "Pages");
  el.append(h("span", "brand", svg(14, 14, ["M1 13V7h2.6v6zM5.7 13V1h2.6v12zM10.4 13V4.5H13V13z", "currentColor"]), "fbkit"), nav);
  const choose = (tab) => {
    model.set("tab", tab);
    model.save_changes();
  };
  const draw = () => {
    nav.replaceChildren(
      ...model.get("tabs").map((name, i) => {
        const button = h("button", "", name);
        button.type = "button";
        button.title = `${name} (${i + 1})`;
        if (name === model.get("tab")) button.setAttribute("aria-current", "page");
        button.addEventListener("click", () => choose(name));
        return button;
      }),
    );
    // The page's own class follows at once, without asking the kernel.
    const pageEl = el.closest(".fb-page");
    if (pageEl) for (const name of model.get("tabs")) pageEl.classList.toggle("tab-" + name.toLowerCase(), name === model.get("tab"));
  };
  const undo = follow(model, ["tabs", "tab"], draw);
  requestAnimationFrame(draw);
  const onKey = (event) => {
    if (event.target.closest?.("input, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const name = model.get("tabs")[Number(event.key) - 1];
    if (name && el.closest(".fb-page") && document.body.dataset.voila) choose(name);
  };
  document.addEventListener("keydown", onKey);
  return () => (undo(), document.removeEventListener("keydown", onKey));
}

export default { render };
