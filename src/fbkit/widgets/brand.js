// The name, the tabs there are, and the address: #/instrument?i=binance:BTC-USDT-PERP&tf=15m.

import { dress, follow, h, svg } from "./dom.js";

/** What stands behind # in the address: [tab, words]; null where nothing of ours does. */
function read() {
  const match = /^#\/([a-z]+)(?:\?(.*))?$/.exec(location.hash);
  return match && [match[1], Object.fromEntries(new URLSearchParams(match[2] || ""))];
}

function written(tab, words) {
  const query = new URLSearchParams(Object.entries(words).sort()).toString();
  return `#/${tab}${query ? "?" + query : ""}`;
}

function render({ model, el }) {
  dress(el, model, "fb-brand");
  if (!document.getElementById("fbkit-layout") && model.get("layout_text")) {
    const sheet = h("style", "", model.get("layout_text"));
    sheet.id = "fbkit-layout";
    document.head.append(sheet);
  }
  const ours = Boolean(document.body.dataset.voila);
  const nav = h("nav");
  nav.setAttribute("aria-label", "Pages");
  el.append(h("span", "brand", svg(14, 14, ["M1 13V7h2.6v6zM5.7 13V1h2.6v12zM10.4 13V4.5H13V13z", "currentColor"]), "fbkit"), nav);
  const known = (slug) => model.get("tabs").some(([name]) => name === slug);
  const choose = (slug) => {
    model.set("tab", slug);
    model.save_changes();
  };
  const draw = () => {
    nav.replaceChildren(
      ...model.get("tabs").map(([slug, title], i) => {
        const button = h("button", "", title);
        button.type = "button";
        button.dataset.tab = slug;
        button.title = `${title} (${i + 1})`;
        if (slug === model.get("tab")) button.setAttribute("aria-current", "page");
        button.addEventListener("click", () => choose(slug));
        return button;
      }),
    );
    nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
    // The page's own class follows at once, without asking the kernel.
    const page = el.closest(".fb-page");
    if (page) for (const [slug] of model.get("tabs")) page.classList.toggle("tab-" + slug, slug === model.get("tab"));
  };

  // --- the address ------------------------------------------------------------------------------------------------------

  const tell = () => {
    const place = read();
    if (!place || !known(place[0])) return;
    model.set("tab", place[0]);
    model.set("words", { ...place[1] });
    model.save_changes();
  };
  const write = () => {
    const next = written(model.get("tab"), model.get("words"));
    if (next === location.hash) return;
    // Another tab is a step one can go back from; another choice on the same tab replaces where we are.
    const before = read();
    if (before && before[0] !== model.get("tab")) history.pushState(null, "", next);
    else history.replaceState(null, "", next);
  };
  const undo = [follow(model, ["tabs", "tab"], draw)];
  requestAnimationFrame(draw);
  if (ours) {
    tell();
    undo.push(follow(model, ["tab", "words"], write));
    window.addEventListener("popstate", tell);
    window.addEventListener("hashchange", tell);
  }

  const onKey = (event) => {
    if (event.target.closest?.("input, select, textarea, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
    const tab = model.get("tabs")[Number(event.key) - 1];
    if (tab && el.closest(".fb-page") && ours) choose(tab[0]);
  };
  document.addEventListener("keydown", onKey);
  return () => {
    undo.forEach((f) => f());
    document.removeEventListener("keydown", onKey);
    window.removeEventListener("popstate", tell);
    window.removeEventListener("hashchange", tell);
  };
}

export default { render };
