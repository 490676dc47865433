// Notifications of the desktop, for a viewer who asks for them: a click asks the browser's leave, the least tier is
// the viewer's own. Only what comes after that is told, and the market's kind stands first.

import { h } from "./dom.js";

const KEPT = "fbkit-notify";
const AT_ONCE = 3;

function kept() {
  try {
    return Number(localStorage.getItem(KEPT)) || 2;
  } catch {
    return 2; // a browser that stores nothing
  }
}

/** The bell: `el` for the head, `hear(alerts, market)` for each new list, newest first; `open(alert)` on a click. */
export function bell(open) {
  const button = h("button", "btn notify", "Notify");
  button.type = "button";
  const tiers = h("select", "notify-tier");
  tiers.setAttribute("aria-label", "Notify from this tier up");
  tiers.title = "Notify from this tier up";
  for (let tier = 1; tier <= 6; tier++) tiers.append(Object.assign(h("option", "", `${tier}+`), { value: String(tier) }));
  tiers.value = String(kept());
  let on = false;
  let known = new Set();

  function draw(why = "") {
    button.setAttribute("aria-pressed", String(on));
    button.title = why || (on ? "Click to stop desktop notifications" : "Desktop notifications of new alerts, while this page is open");
    tiers.hidden = !on;
  }

  button.addEventListener("click", async () => {
    if (on) return (on = false), draw();
    if (!("Notification" in window)) return draw("This browser shows no notifications");
    on = (await Notification.requestPermission()) === "granted";
    draw(on ? "" : "This page may not notify; allow it beside the browser's address, then click again");
  });
  tiers.addEventListener("change", () => {
    try {
      localStorage.setItem(KEPT, tiers.value);
    } catch {
      // chosen all the same, for as long as the page is open
    }
  });

  function tell(title, options, alert) {
    try {
      const shown = new Notification(title, options);
      shown.onclick = () => (window.focus(), open(alert));
    } catch {
      on = false;
      draw("This browser lets no page notify by itself");
    }
  }

  function hear(alerts, market) {
    const last = alerts.findIndex((a) => known.has(a.alert_id)); // what is older was only not shown before
    const fresh = last < 0 ? alerts : alerts.slice(0, last);
    const told = on ? fresh.filter((a) => a.tier >= Number(tiers.value)) : [];
    known = new Set(alerts.map((a) => a.alert_id));
    for (const a of told.slice(0, AT_ONCE).reverse())
      tell(`${market} \u00b7 tier ${a.tier} \u00b7 ${a.base} at ${a.venue}, ${a.tf}`, { body: a.sentence, tag: a.alert_id }, a);
    const rest = told.length - AT_ONCE;
    if (rest > 0) tell(`${market} \u00b7 ${rest} more ${rest === 1 ? "alert" : "alerts"}`, { body: told[AT_ONCE].sentence, tag: "fbkit-more" }, told[AT_ONCE]);
  }

  draw();
  return { el: h("span", "bell", tiers, button), hear };
}
