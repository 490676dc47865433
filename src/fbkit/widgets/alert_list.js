// A few alerts, a line each; a press asks to be shown the bar.

import { clock, day } from "./format.js";
import { dress, faultBox, follow, h, marketNow, write } from "./dom.js";

function when(ms) {
  const today = day(marketNow()) === day(ms);
  return (today ? "" : day(ms).slice(5) + " ") + clock(ms).slice(0, 5);
}

function render({ model, el }) {
  dress(el, model, "fb-alerts");
  const title = h("h2", "");
  const sub = h("span", "s");
  const list = h("div", "list");
  const quiet = h("p", "quietly");
  el.append(h("div", "head", title, sub), list, quiet);
  const choose = (alert) => {
    model.set("chosen_ms", alert.t1_ms);
    model.set("opened", model.get("opened") + 1);
    model.save_changes();
  };
  const line = (alert) => {
    const button = h("button", "line", h("span", `tier t${alert.tier}`, String(alert.tier)), h("span", "told", alert.sentence), h("span", "t", when(alert.ts_ms)));
    button.type = "button";
    button.title = `${day(alert.ts_ms)} ${clock(alert.ts_ms)} UTC, tier ${alert.tier}, on ${alert.tf}: ${alert.sentence}`;
    button.addEventListener("click", () => choose(alert));
    return button;
  };
  const undo = [
    follow(model, ["title", "sub"], () => (write(title, model.get("title")), write(sub, model.get("sub")))),
    follow(model, ["alerts", "watching"], () => {
      const alerts = model.get("alerts");
      list.replaceChildren(...alerts.map(line));
      quiet.hidden = alerts.length > 0;
      write(quiet, model.get("watching") || "No alerts");
    }),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
