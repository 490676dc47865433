// What the rules said, newest first. The chips are legend and filter; a click opens the conditions. New rows wait
// while the pointer is in the list, so that nothing moves under it.

import { bell } from "./bell.js";
import { NBSP, clock, signed } from "./format.js";
import { dress, faultBox, follow, h, write } from "./dom.js";

const TIERS = ["", "single Z", "confluence", "confirmed", "funding", "divergence", "cluster"];

function conditions(alert) {
  const grid = h("div", "g");
  const line = (...cells) => grid.append(...cells.map(([text, cls]) => h("span", cls, text)));
  line(["condition", "s"], ["value", "s"], ["needs", "s"], ["cover", "s"]);
  line([alert.column, ""], [alert.told, ""], [alert.needs, "l"], [signed((alert.coverage ?? NaN) * 100, 0).replace("+", "") + NBSP + "%", "l"]);
  for (const [name, text, needs] of alert.inputs) line([name, ""], [text, ""], [needs, "l"], ["", ""]);
  return grid;
}

function render({ model, el }) {
  dress(el, model, "fb-feed");
  const today = h("span", "s");
  const chips = h("span", "chips");
  const more = h("button", "more");
  more.type = "button";
  more.hidden = true;
  const list = h("div", "list");
  const notify = bell(ask);
  el.append(h("div", "head", h("h2", "", "Alerts"), today, h("span", "sp"), notify.el, chips), more, list);
  const off = new Set();
  let open = null;
  let inside = false;
  let held = [];

  const buttons = [1, 2, 3, 4, 5, 6].map((tier) => {
    const button = h("button", `tier t${tier}`, String(tier));
    button.type = "button";
    button.title = `Tier ${tier}: ${TIERS[tier]}`;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      if (!off.delete(tier)) off.add(tier);
      button.setAttribute("aria-pressed", String(!off.has(tier)));
      draw();
    });
    return button;
  });

  function ask(alert) {
    model.set("chosen", alert.instrument);
    model.set("opened", model.get("opened") + 1);
    model.save_changes();
  }

  function row(alert) {
    const isOpen = open === alert.alert_id;
    const who = h("span", "who", h("b", "", alert.base), " ", h("span", "s", `${alert.venue}, ${alert.tf}, ${TIERS[alert.tier] || "rule"}`));
    const time = h("span", "t", clock(alert.ts_ms));
    time.title = new Date(alert.ts_ms).toISOString();
    const el2 = h("div", isOpen ? "al open" : "al", h("span", `tier t${alert.tier}`, String(alert.tier)), who, time, h("p", "", alert.sentence));
    el2.tabIndex = 0;
    el2.setAttribute("role", "button");
    el2.setAttribute("aria-expanded", String(isOpen));
    el2.setAttribute("aria-label", `Tier ${alert.tier}, ${alert.base} at ${alert.venue}: ${alert.sentence}`);
    const flip = () => {
      open = isOpen ? null : alert.alert_id;
      draw();
    };
    el2.addEventListener("click", flip);
    el2.addEventListener("keydown", (event) => event.key === "Enter" && event.target === el2 && flip());
    if (isOpen) {
      const link = h("button", "btn link", "Show its charts");
      link.type = "button";
      link.addEventListener("click", (event) => {
        event.stopPropagation();
        ask(alert);
      });
      el2.append(h("div", "why", conditions(alert), h("div", "l", "Rule ", h("b", "", alert.rule), `, ${alert.n} values behind it, bar to ${clock(alert.t1_ms)}`), link));
    }
    return el2;
  }

  function draw() {
    const all = model.get("alerts");
    const shown = inside ? held : (held = all);
    const waiting = inside && all.length && held.length && all[0].alert_id !== held[0].alert_id ? all.findIndex((a) => a.alert_id === held[0].alert_id) : 0;
    more.hidden = !waiting;
    write(more, waiting < 0 ? "newer ones are waiting" : `${waiting} newer ${waiting === 1 ? "waits" : "wait"} while the pointer is here`);
    write(today, model.get("today") === null ? "" : `${model.get("today")} today`);
    const tiers = new Set([...all.map((a) => a.tier), ...model.get("tiers")]);
    chips.replaceChildren(...buttons.filter((_, i) => tiers.has(i + 1)));
    const rows = shown.filter((a) => !off.has(a.tier));
    list.replaceChildren(...(rows.length ? rows.map(row) : [h("div", "quiet", h("b", "", all.length ? "All filtered out" : "No alerts yet"), h("span", "l", all.length ? "Press a chip above to see its tier again." : model.get("watching")))]));
  }

  list.addEventListener("pointerenter", () => (inside = true));
  list.addEventListener("pointerleave", () => ((inside = false), draw()));
  more.addEventListener("click", () => ((inside = false), draw(), (list.scrollTop = 0)));
  const undo = [follow(model, ["alerts"], () => notify.hear(model.get("alerts"), model.get("market"))), follow(model, ["alerts", "today", "watching", "tiers"], draw), faultBox(el, model)];
  return () => undo.forEach((f) => f());
}

export default { render };
