// What rules said, newest first, with what came after. A press opens the explanation under its row: every input, what it
// needed, what followed, the rule and its record. New rows wait while the pointer is in the list.

import { NBSP, clock, day, percent, signed } from "./format.js";
import { captioned, dress, faultBox, follow, h, toggle, write } from "./dom.js";

const TIERS = ["", "single Z", "confluence", "confirmed", "funding", "divergence", "cluster"];
const WAYS = { up: ["\u2191", "up"], long: ["\u2191", "up"], down: ["\u2193", "down"], short: ["\u2193", "down"] };
const PLAIN = new Set(["open", "none"]);

const toneOf = (value) => (value > 0 ? "up" : value < 0 ? "down" : "");
const share = (value) => (Number.isFinite(value) ? signed(value * 100, 0).replace("+", "") + NBSP + "%" : "\u2013");

function after(value) {
  if (typeof value === "number") return h("td", `n ${toneOf(value)}`, percent(value));
  const el = h("td", PLAIN.has(value) ? "n" : "n hatch", h("span", PLAIN.has(value) ? "none" : "nan", value));
  return el;
}

/** Bring rows into this order; those that stay are not taken out, so that nothing scrolls or loses its focus. */
function arrange(body, wanted) {
  const keep = new Set(wanted);
  for (const row of [...body.children]) if (!keep.has(row)) row.remove();
  let at = body.firstElementChild;
  for (const row of wanted) {
    if (row === at) at = at.nextElementSibling;
    else body.insertBefore(row, at);
  }
}

function render({ model, el }) {
  dress(el, model, "fb-alerts");
  const title = h("h2", "");
  const sub = h("span", "s");
  const more = h("button", "more");
  more.type = "button";
  more.hidden = true;
  const names = h("tr");
  const body = h("tbody");
  const quiet = h("div", "quiet", h("b"), h("span", "l"));
  const scroll = h("div", "scroll", h("table", "", h("thead", "", names), body), quiet);
  el.append(h("div", "head", title, sub, h("span", "sp"), more), scroll);
  let inside = false;
  let held = [];
  const rows = new Map();

  const choose = (id) => {
    model.set("chosen", model.get("chosen") === id ? "" : id);
    model.save_changes();
  };

  function rowOf(line) {
    const [arrow, tone] = WAYS[line.direction] || ["", ""];
    const when = h("td", "w when", h("span", "s", day(line.ts_ms).slice(5) + " "), clock(line.ts_ms));
    const said = h("td", "w said", line.sentence);
    said.title = line.sentence;
    const mark = h("i", "vmark");
    mark.style.background = `var(--v-${CSS.escape(line.venue)}, var(--ink3))`;
    const who = h("td", "w who", line.coin);
    who.title = line.coin;
    const tr = h("tr", "alert", h("td", "w", h("span", `tier t${line.tier}`, String(line.tier))), when, who, h("td", "w at", mark, line.venue), h("td", "w", line.tf), h("td", `w ${tone}`, arrow, arrow ? NBSP : "", line.direction), said, h("td", "n", line.value, h("span", "s", ` ${line.needs}`)), h("td", `n ${line.coverage < 0.9995 ? "" : "s"}`, share(line.coverage)), ...line.after.map(after));
    tr.dataset.id = line.alert_id;
    tr.tabIndex = -1;
    tr.setAttribute("aria-label", `Tier ${line.tier}, ${TIERS[line.tier] || "rule"}: ${line.coin} at ${line.venue}, ${line.sentence}`);
    tr.addEventListener("click", () => choose(line.alert_id));
    return tr;
  }

  function needs(why) {
    const grid = h("div", "g five");
    const cells = (...texts) => grid.append(...texts.map(([text, cls]) => h("span", cls, text)));
    cells(["condition", "s"], ["value", "s"], ["needs", "s"], ["values behind", "s"], ["met", "s"]);
    for (const [name, value, needs, n, met] of why.conditions) cells([name, ""], [value, ""], [needs, "l"], [n, "l"], [met, met === "no" ? "s" : ""]);
    return grid;
  }

  function afterOf(why) {
    const grid = h("div", "g four");
    const cells = (...texts) => grid.append(...texts.map(([text, cls]) => h("span", cls, text)));
    cells(["after", "s"], ["return %", "s"], ["best %", "s"], ["worst %", "s"]);
    for (const [horizon, ret, best, worst, reason] of why.after) {
      if (reason) cells([horizon, ""], [reason, "s wide"]);
      else cells([horizon, ""], [percent(ret), toneOf(ret)], [percent(best), "l"], [percent(worst), "l"]);
    }
    return grid;
  }

  function whyOf(why) {
    const leads = h("a", "btn leads", "Show its chart");
    leads.href = "#/instrument?" + new URLSearchParams({ i: why.instrument, tf: why.tf });
    const facts = h("div", "facts", ...why.facts.map(([name, text]) => h("span", "", h("span", "s", name), " ", text)));
    const left = h("div", "", h("p", "sentence", why.sentence), needs(why), facts, h("p", "", h("b", "", "Rule "), why.rule));
    const cell = h("td", "", h("div", "why", left, h("div", "", afterOf(why), h("p", "", h("b", "", "Record "), why.record), leads)));
    cell.colSpan = names.children.length;
    return h("tr", "open", cell);
  }

  const draw = () => {
    const all = model.get("lines");
    const shown = inside && held.length ? held : (held = all);
    const waiting = inside && all.length && held.length && all[0].alert_id !== held[0].alert_id ? all.findIndex((line) => line.alert_id === held[0].alert_id) : 0;
    more.hidden = !waiting;
    write(more, waiting < 0 ? "newer ones wait" : `${waiting} newer ${waiting === 1 ? "waits" : "wait"} while the pointer is here`);
    const heads = ["tier", "time UTC", "coin", "venue", "tf", "way", "what", "value, needs", "cover", ...model.get("horizons").map((name) => `${name} %`)];
    if (names.children.length !== heads.length) names.replaceChildren(...heads.map((text, i) => Object.assign(h("th", i < 7 ? "w" : "n", text), { title: i > 8 ? `what the price did ${text.slice(0, -2)} later, the alert's way` : "" })));
    const wanted = [];
    const ids = new Set();
    const [chosen, why] = [model.get("chosen"), model.get("why")];
    if (!chosen) last.id = "";
    for (const line of shown) {
      const told = JSON.stringify(line);
      ids.add(line.alert_id);
      if (rows.get(line.alert_id)?.told !== told) rows.set(line.alert_id, { told, tr: rowOf(line) });
      const tr = rows.get(line.alert_id).tr;
      const open = line.alert_id === chosen;
      toggle(tr, "sel", open);
      tr.setAttribute("aria-expanded", String(open));
      wanted.push(tr);
      if (open && why.alert_id === chosen) wanted.push(opened(why));
    }
    for (const id of rows.keys()) if (!ids.has(id)) rows.delete(id);
    const had = document.activeElement?.closest?.("tr.alert")?.dataset.id;
    const same = wanted.length === body.children.length && wanted.every((tr, i) => tr === body.children[i]);
    if (!same) arrange(body, wanted);
    if (had && rows.has(had) && !same) rows.get(had).tr.focus({ preventScroll: true });
    if (wanted.length && !body.querySelector('tr[tabindex="0"]')) wanted[0].tabIndex = 0;
    quiet.hidden = shown.length > 0;
    write(quiet.lastChild, model.get("watching"));
    write(quiet.firstChild, "No alert here");
  };
  let last = { told: "", tr: null, id: "" };
  const opened = (why) => {
    const told = JSON.stringify(why);
    if (last.told !== told) {
      const other = last.id !== why.alert_id;
      last = { told, tr: whyOf(why), id: why.alert_id };
      if (other) requestAnimationFrame(() => last.tr.scrollIntoView({ block: "nearest" }));
    }
    return last.tr;
  };

  const walk = (from, step) => {
    const all = [...body.querySelectorAll("tr.alert")];
    const to = all[Math.max(0, Math.min(all.length - 1, all.indexOf(from) + step))];
    if (!to) return;
    from.tabIndex = -1;
    to.tabIndex = 0;
    to.focus();
    to.scrollIntoView({ block: "nearest" });
  };
  body.addEventListener("keydown", (event) => {
    const tr = event.target.closest("tr.alert");
    if (!tr || event.target !== tr) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 20, PageUp: -20 }[event.key];
    if (step) (event.preventDefault(), walk(tr, step));
    if (event.key === "Enter" || event.key === " ") (event.preventDefault(), choose(tr.dataset.id));
    if (event.key === "Escape" && model.get("chosen")) choose(model.get("chosen"));
  });
  scroll.addEventListener("pointerenter", () => (inside = true));
  scroll.addEventListener("pointerleave", () => ((inside = false), draw()));
  more.addEventListener("click", () => ((inside = false), draw(), (scroll.scrollTop = 0)));
  const undo = [
    follow(model, ["title", "sub"], () => (write(title, model.get("title")), captioned(sub, model.get("sub")))),
    follow(model, ["lines", "horizons", "chosen", "why", "watching"], draw),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
