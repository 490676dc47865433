// Rules and what came of them. A hit rate lies in its interval beside the tick of random times; a return above theirs
// in its interval over 0: what does not reach over the line has not been shown.

import { NBSP, bp, count, signed } from "./format.js";
import { captioned, dress, faultBox, follow, h, write } from "./dom.js";

const HEADS = ["tier", "rule", "n", "hit rate", "95 %, tick: random", "return bp", "gain bp, 95 %"];
const POINTS = 10;

const known = (x) => x !== null && x !== undefined;
const pointsOf = (x) => signed(x * 100, 0).replace("+", "");

/** An interval with its middle over a scale of [low, high]; `line` is where nothing is gained. */
function interval(low, middle, high, scale, line, words, tone) {
  const at = (x) => Math.max(0, Math.min(100, (100 * (x - scale[0])) / (scale[1] - scale[0] || 1)));
  const bar = h("i", `bar ${tone}`);
  bar.style.cssText = `left:${at(low).toFixed(1)}%;width:${Math.max(0.5, at(high) - at(low)).toFixed(1)}%`;
  const dot = h("i", `dot ${tone}`);
  dot.style.left = at(middle).toFixed(1) + "%";
  const zero = h("i", "zero");
  zero.style.left = at(line).toFixed(1) + "%";
  const el = h("span", "interval", zero, bar, dot);
  el.setAttribute("role", "img");
  el.setAttribute("aria-label", words);
  el.title = words;
  return el;
}

function render({ model, el }) {
  dress(el, model, "fb-scores");
  const title = h("h2", "");
  const sub = h("span", "s");
  const body = h("tbody");
  const heads = h("tr", "", ...HEADS.map((text, i) => h("th", i > 1 && i !== 4 && i !== 6 ? "n" : "w", text)));
  const quiet = h("div", "quiet", h("span", "l"));
  const scroll = h("div", "scroll", h("table", "", h("thead", "", heads), body), quiet);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  el.append(h("div", "head", title, sub), scroll);

  /** The widest of all lines, so that bars can be compared: hit rates round 50 %, returns round 0. */
  function scales(lines) {
    const drawn = lines.filter((line) => line.counts && known(line.low));
    const reach = Math.max(POINTS, ...drawn.flatMap((line) => [line.low, line.high, line.base]).filter(known).map((x) => 110 * Math.abs(x - 0.5)));
    const far = Math.max(1e-5, ...drawn.flatMap((line) => [line.excess_low, line.excess_high]).filter(known).map((x) => 1.1 * Math.abs(x)));
    return [[0.5 - reach / 100, 0.5 + reach / 100], [-far, far]];
  }

  function lineOf(line, [rates, returns]) {
    const drawn = line.counts && known(line.low) && known(line.base);
    const rate = drawn && interval(line.low, line.rate, line.high, rates, line.base, `${pointsOf(line.rate)} %, 95 % between ${pointsOf(line.low)} and ${pointsOf(line.high)} %; random times ${pointsOf(line.base)} %`, line.tone);
    const gained = drawn && known(line.excess_low) && interval(line.excess_low, line.excess, line.excess_high, returns, 0, `${bp(line.excess)} bp above random times, 95 % between ${bp(line.excess_low)} and ${bp(line.excess_high)} bp`, "");
    const ret = known(line.ret) && line.counts ? bp(line.ret) : "";
    const tier = h("span", `tier t${line.tier}`, String(line.tier));
    return [
      h("tr", "rule", h("td", "w", tier), h("td", "w name", line.rule), h("td", "n", count(line.n)), h("td", "n", line.hits), h("td", "w", rate || ""), h("td", "n", ret), h("td", "w", gained || "")),
      h("tr", "says", h("td"), Object.assign(h("td", `w ${line.tone}`, line.says, drawn ? h("span", "s", `${NBSP} random times hit ${pointsOf(line.base)}${NBSP}%${known(line.base_ret) ? `, return ${bp(line.base_ret)}${NBSP}bp` : ""}`) : ""), { colSpan: HEADS.length - 1 })),
    ];
  }

  const undo = [
    follow(model, ["title", "sub"], () => {
      write(title, model.get("title"));
      captioned(sub, model.get("sub"));
      scroll.setAttribute("aria-label", model.get("title"));
    }),
    follow(model, ["lines", "waiting"], () => {
      const lines = model.get("lines");
      const scale = scales(lines);
      body.replaceChildren(...lines.flatMap((line) => lineOf(line, scale)));
      heads.parentElement.hidden = !lines.length;
      quiet.hidden = lines.length > 0;
      write(quiet.firstChild, model.get("waiting"));
    }),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
