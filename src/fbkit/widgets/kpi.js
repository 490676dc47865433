// A strip of key numbers: label with scope, value and unit, one line of context, a grey line or a split bar.

import { dress, follow, h, spark } from "./dom.js";

function split(parts) {
  const bar = h("span", "split");
  for (const [share, colour] of parts) {
    const piece = h("i");
    piece.style.cssText = `width:${Math.max(0, Math.min(100, share * 100)).toFixed(1)}%;background:var(--${colour})`;
    bar.append(piece);
  }
  return bar;
}

function card(kpi) {
  const value = kpi.value === null ? h("div", "v none", h("span", kpi.missing === "no feed" ? "s" : "hatch", kpi.missing || "awaited")) : h("div", "v", kpi.value, h("span", "u", "\u00a0" + kpi.unit));
  const context = h("div", "d", ...(kpi.context || []).map(([text, tone]) => h("span", tone, text)));
  context.title = [context.textContent, kpi.about].filter(Boolean).join("\n");
  const drawing = kpi.split?.length ? split(kpi.split) : kpi.spark?.length > 1 ? spark(kpi.spark.map((v) => (v === null ? NaN : v)), 76, 26) : null;
  // A tab of the same page, where the address is ours.
  const leads = kpi.leads && document.body.dataset.voila;
  const el = h(leads ? "a" : "div", "kpi", h("div", "k", kpi.label), value, context, drawing && h("div", "g", drawing));
  if (kpi.about) el.title = kpi.about;
  if (leads) el.href = "#/" + kpi.leads;
  return el;
}

/** Another card in the place of one, which may have the focus. */
function exchange(old, next) {
  const focused = document.activeElement === old;
  old.replaceWith(next);
  if (focused) next.focus();
}

function render({ model, el }) {
  dress(el, model, "fb-kpis");
  let drawn = [];
  const undo = [
    follow(model, ["kpis"], () => {
      // Only the cards whose numbers changed are drawn again.
      const kpis = model.get("kpis");
      const texts = kpis.map((kpi) => JSON.stringify(kpi));
      if (texts.length !== drawn.length) el.replaceChildren(...kpis.map(card));
      else texts.forEach((text, i) => text !== drawn[i] && exchange(el.children[i], card(kpis[i])));
      drawn = texts;
    }),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
