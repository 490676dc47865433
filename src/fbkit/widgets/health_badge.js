// The state of the whole in one shape and word; hover or Enter opens the reasons. The seconds since the collector
// fell silent are counted here, by the browser's own clock, so that the badge is right even when nobody speaks.

import { age } from "./format.js";
import { dress, follow, h, shape, write } from "./dom.js";

const WORDS = { ok: "OK", degraded: "Degraded", down: "Down", unknown: "Starting" };
const DEAF_AFTER_MS = 5000;

function render({ model, el }) {
  dress(el, model, "fb-health");
  const icon = h("span");
  const word = h("b");
  const detail = h("em");
  const badge = h("button", "badge", icon, word, detail);
  badge.type = "button";
  const list = h("div", "tip reasons");
  list.hidden = true;
  el.append(badge, list);
  let heardAt = performance.now();
  let stoppedAt = heardAt;
  let drawn = "";

  function state() {
    const silent = (performance.now() - heardAt) / 1000;
    if (model.get("stopped_s") !== null) {
      const seconds = model.get("stopped_s") + (performance.now() - stoppedAt) / 1000;
      return ["down", `collector stopped ${age(seconds)} ago`, { sentence: model.get("stopped_why") }];
    }
    if (silent * 1000 > DEAF_AFTER_MS && model.get("ticks") > 0)
      return ["down", `no word from the notebook for ${age(silent)}`, { sentence: "The notebook's kernel or the connection to it has ended. Reload the page to start anew." }];
    return [model.get("state"), model.get("detail"), null];
  }

  function draw() {
    const [current, text, why] = state();
    if (drawn !== current) {
      drawn = current;
      icon.replaceChildren(shape(current));
      badge.className = "badge is" + current;
      badge.setAttribute("aria-label", "Health: " + WORDS[current]);
    }
    write(word, WORDS[current] + (current === "down" && text.startsWith("collector") ? "," : ""));
    write(detail, text);
    if (!list.hidden) reasons(current, why);
  }

  function reasons(current, why) {
    const lines = why ? [{ state: "down", stream: "fbkit", sentence: why.sentence }] : model.get("reasons");
    const rows = lines.map((r) => h("div", "", shape(r.state), h("span", "", h("b", "", r.stream)), h("span", "s", r.age || ""), h("p", "", r.sentence)));
    list.replaceChildren(...(rows.length ? rows : [h("div", "", shape(current), h("span", "l", current === "ok" ? "Every stream speaks in time." : "Nothing to tell yet."))]));
  }

  const open = (on) => {
    list.hidden = !on;
    badge.setAttribute("aria-expanded", String(on));
    draw();
  };
  let held = false;
  badge.addEventListener("click", () => open((held = !held)));
  el.addEventListener("pointerenter", () => open(true));
  el.addEventListener("pointerleave", () => open(held));
  el.addEventListener("focusout", () => open((held = false)));
  el.addEventListener("keydown", (event) => event.key === "Escape" && open((held = false)));
  const undo = [
    follow(model, ["stopped_s"], () => ((stoppedAt = performance.now()), draw())),
    follow(model, ["ticks"], () => ((heardAt = performance.now()), draw())),
    follow(model, ["state", "detail", "reasons"], draw),
  ];
  const timer = setInterval(draw, 500);
  return () => (undo.forEach((f) => f()), clearInterval(timer));
}

export default { render };
