// What the rules said, newest first. The chips are legend and filter; a click opens the conditions and the rule's
// record. New rows wait while the pointer is in the list, so that nothing moves under it.

import { bell } from "./bell.js";
import { NBSP, clock, signed } from "./format.js";
import { dress, faultBox, follow, h, write } from "./dom.js";

const TIERS = ["", "single Z", "confluence", "confirmed", "funding", "divergence", "cluster"];

const keyOf = (alert) => `${alert.rule} ${alert.tier}`;
const covered = (share) => signed((share ?? NaN) * 100, 0).replace("+", "") + NBSP + "%";

function conditions(alert) {
  const grid = h("div", "g");
  const line = (...cells) => grid.append(...cells.map(([text, cls]) => h("span", cls, text)));
  line(["condition", "s"], ["value", "s"], ["needs", "s"], ["cover", "s"]);
  line([alert.column, ""], [alert.told, ""], [alert.needs, "l"], [covered(alert.coverage), "l"]);
  for (const [name, text, needs, cover] of alert.inputs) line([name, ""], [text, ""], [needs, "l"], [cover, "l"]);
  return grid;
}

/** What came of this rule's alerts, as soon as Python has counted it. */
function recordLine(alert, record) {
  const line = h("div", "l", "Rule ", h("b", "", alert.rule), record ? (record.told.length ? ": " : ", ") : ": what came of its alerts is being counted.");
  for (const [text, tone] of record?.told || []) line.append(tone === "b" ? h("b", "", text) : text);
  if (record) line.append(record.told.length ? ". " : "", h("span", "s", record.says + "."));
  return line;
}

function whyOf(alert, record, show) {
  const links = h("div", "links");
  const charts = h("button", "btn link", "Show its charts");
  charts.type = "button";
  charts.addEventListener("click", (event) => {
    event.stopPropagation();
    show(alert);
  });
  links.append(charts);
  if (document.body.dataset.voila) {
    const leads = h("a", "btn link", "Its own page");
    leads.href = "#/instrument?" + new URLSearchParams({ i: alert.instrument, tf: alert.tf });
    leads.addEventListener("click", (event) => event.stopPropagation());
    links.append(leads);
  }
  const behind = h("div", "l", `${alert.n} values behind it, bar to ${clock(alert.t1_ms)}.`);
  return h("div", "why", conditions(alert), behind, recordLine(alert, record), links);
}

function rowOf(alert, isOpen, record, flip, show) {
  const who = h("span", "who", h("b", "", alert.base), " ", h("span", "s", `${alert.venue}, ${alert.tf}, ${TIERS[alert.tier] || "rule"}`));
  const time = h("span", "t", clock(alert.ts_ms));
  time.title = new Date(alert.ts_ms).toISOString();
  const el = h("div", isOpen ? "al open" : "al", h("span", `tier t${alert.tier}`, String(alert.tier)), who, time, h("p", "", alert.sentence));
  el.tabIndex = 0;
  el.dataset.alert = alert.alert_id;
  el.setAttribute("role", "button");
  el.setAttribute("aria-expanded", String(isOpen));
  el.setAttribute("aria-label", `Tier ${alert.tier}, ${alert.base} at ${alert.venue}: ${alert.sentence}`);
  el.addEventListener("click", () => flip(alert));
  el.addEventListener("keydown", (event) => {
    const beside = { ArrowDown: el.nextElementSibling, ArrowUp: el.previousElementSibling }[event.key];
    if (event.target !== el) return;
    if (event.key === "Enter" || (event.key === "Escape" && isOpen)) flip(alert);
    else if (beside) beside.focus();
    else return;
    event.preventDefault();
  });
  if (isOpen) el.append(whyOf(alert, record, show));
  return el;
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
  let rows = new Map(); // what stands in the list, by alert and how it is drawn: what has not changed stays
  let chipsDrawn = "";

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

  function flip(alert) {
    open = open === alert.alert_id ? null : alert.alert_id;
    if (open && !model.get("records")[keyOf(alert)] && model.get("asked") !== keyOf(alert)) {
      model.set("asked", keyOf(alert));
      model.save_changes();
    }
    draw();
    list.querySelector(`[data-alert="${CSS.escape(alert.alert_id)}"]`)?.focus();
  }

  function fill(shown) {
    const next = new Map();
    const records = model.get("records");
    for (const alert of shown) {
      const isOpen = alert.alert_id === open;
      const key = isOpen ? alert.alert_id + JSON.stringify(records[keyOf(alert)] || null) : alert.alert_id;
      next.set(key, rows.get(key) || rowOf(alert, isOpen, records[keyOf(alert)], flip, ask));
    }
    rows = next;
    const wanted = [...rows.values()];
    if (wanted.length !== list.children.length || wanted.some((row, i) => row !== list.children[i])) list.replaceChildren(...wanted);
  }

  function draw() {
    const all = model.get("alerts");
    const shown = inside ? held : (held = all);
    const waiting = inside && all.length && held.length && all[0].alert_id !== held[0].alert_id ? all.findIndex((a) => a.alert_id === held[0].alert_id) : 0;
    more.hidden = !waiting;
    write(more, waiting < 0 ? "newer ones are waiting" : `${waiting} newer ${waiting === 1 ? "waits" : "wait"} while the pointer is here`);
    write(today, model.get("today") === null ? "" : `${model.get("today")} today`);
    const tiers = new Set([...all.map((a) => a.tier), ...model.get("tiers")]);
    if (chipsDrawn !== [...tiers].sort().join()) {
      chipsDrawn = [...tiers].sort().join();
      chips.replaceChildren(...buttons.filter((_, i) => tiers.has(i + 1)));
    }
    const kept = shown.filter((a) => !off.has(a.tier));
    if (kept.length) return fill(kept);
    rows = new Map();
    list.replaceChildren(h("div", "quiet", h("b", "", all.length ? "All filtered out" : "No alerts yet"), h("span", "l", all.length ? "Press a chip above to see its tier again." : model.get("watching"))));
  }

  list.addEventListener("pointerenter", () => (inside = true));
  list.addEventListener("pointerleave", () => ((inside = false), draw()));
  more.addEventListener("click", () => ((inside = false), draw(), (list.scrollTop = 0)));
  const undo = [follow(model, ["alerts"], () => notify.hear(model.get("alerts"), model.get("market"))), follow(model, ["alerts", "today", "watching", "tiers", "records"], draw), faultBox(el, model)];
  return () => undo.forEach((f) => f());
}

export default { render };
