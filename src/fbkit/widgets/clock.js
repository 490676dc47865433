// The market's time in UTC, and the switch between dark and light.

import { clock, day } from "./format.js";
import { dress, follow, h, marketNow, onTheme, page, setTheme, svg, theme, write } from "./dom.js";

function render({ model, el }) {
  dress(el, model, "fb-clock");
  const date = document.createTextNode("");
  const time = h("b");
  const button = h("button", "btn", svg(12, 12, ["M6 1a5 5 0 1 0 .01 0z", "none", "currentColor"], ["M6 1a5 5 0 0 1 0 10z", "currentColor"]));
  button.type = "button";
  el.append(h("span", "", date, time, " UTC"), button);
  const name = () => {
    button.title = theme() === "dark" ? "Light theme" : "Dark theme";
    button.setAttribute("aria-label", button.title);
  };
  button.addEventListener("click", () => setTheme(theme() === "dark" ? "light" : "dark"));
  const draw = () => {
    const now = marketNow();
    date.data = day(now) + " ";
    write(time, clock(now));
  };
  const undo = [
    onTheme(name),
    follow(model, ["beat_ms", "runs"], () => {
      const ms = model.get("beat_ms");
      if (ms) page.beat = { ms, at: performance.now(), runs: model.get("runs") };
      draw();
    }),
  ];
  name();
  const timer = setInterval(draw, 250);
  return () => (undo.forEach((f) => f()), clearInterval(timer));
}

export default { render };
