// What the prices are: a stripe over the page and a badge in words. It cannot be scrolled away or closed.

import { dress, follow, h, write } from "./dom.js";

const ABOUT = {
  SIMULATED: "These prices are invented: a seeded market on a real venue's wire format",
  RECORDED: "These prices are a recording, not the market of this moment",
  REPLAY: "Stored events are running again",
  LIVE: "The market of this moment",
};

function render({ model, el }) {
  dress(el, model, "fb-mode");
  const stripe = h("div", "fb-stripe");
  const word = h("span");
  const detail = h("em");
  const badge = h("span", "badge", h("i"), word, detail);
  el.append(badge);
  const undo = follow(model, ["market", "detail"], () => {
    const market = model.get("market");
    write(word, market);
    write(detail, model.get("detail"));
    badge.className = "badge " + market;
    stripe.className = "fb-stripe " + market;
    badge.title = ABOUT[market];
    el.setAttribute("role", "status");
    el.setAttribute("aria-label", `${market}. ${ABOUT[market]}`);
  });
  // The stripe lies along the bar, which stays in sight when a phone scrolls; without a page, along the badge.
  requestAnimationFrame(() => (el.closest(".fb-bar") || el).append(stripe));
  return () => (undo(), stripe.remove());
}

export default { render };
