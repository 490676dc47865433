// A foot made of pieces; ages grow by the market's clock, once a second.

import { NONE, age, clock, day, signed } from "./format.js";
import { dress, follow, h, marketNow, toggle, write } from "./dom.js";

const short = (seconds) => (seconds < 10 ? signed(Math.max(0, seconds), 1).replace("+", "") + "\u00a0s" : age(seconds));

function render({ model, el }) {
  dress(el, model, "fb-foot");
  const left = h("span", "pieces");
  const right = h("span", "pieces");
  el.append(left, h("span", "sp"), right);
  const tick = () => {
    [...right.children].forEach((span, i) => {
      const [, ms, old] = model.get("ages")[i] || [];
      const seconds = ms === null || ms === undefined ? NaN : (marketNow() - ms) / 1000;
      write(span.lastChild, Number.isFinite(seconds) ? short(seconds) : NONE);
      toggle(span, "warn", seconds > old);
    });
  };
  const undo = [
    follow(model, ["pieces"], () => left.replaceChildren(...model.get("pieces").map(([label, value, tone]) => h("span", tone, label, label && value ? " " : "", value ? h("b", "", value) : "")))),
    follow(model, ["ages"], () => {
      right.replaceChildren(
        ...model.get("ages").map(([label, ms]) => {
          const span = h("span", "", label + " ", h("b"));
          span.title = ms === null ? `${label}: not heard` : `${label} at ${day(ms)} ${clock(ms)} UTC`;
          return span;
        }),
      );
      tick();
    }),
  ];
  const timer = setInterval(tick, 1000);
  return () => (undo.forEach((f) => f()), clearInterval(timer));
}

export default { render };
