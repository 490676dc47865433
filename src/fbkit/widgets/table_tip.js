// What stands behind a Z-score: the value judged, what it is judged against, the other ways to judge it; or why there
// is none and when there will be one. Mean and spread are asked of Python when the pointer rests: they cost a reading.

import { NBSP, age, bp, clock, funding, money, percent, signed, zscore } from "./format.js";
import { h } from "./dom.js";
import { JUDGED, REASONS, judged } from "./table_columns.js";

const hundredths = (v) => signed(v, 2);
const TELLS = {
  percent: (v) => percent(v) + NBSP + "%",
  money: (v) => money(v) + NBSP + "USD",
  bp: (v) => bp(v) + NBSP + "bp",
  funding: (v) => funding(v) + NBSP + "% 8 h",
  share: hundredths,
};
const WHY = {
  warmup: (n, window) => `warm-up, ${n} of ${window} bars`,
  zero_var: () => "every bar of the window has the same value",
  gap: () => "too much of the window lies in a gap",
  stale: () => "the input is older than its feed allows",
  unsupported: () => "this venue has no such feed",
  waiting: () => "not heard yet",
};
const KINDS = [["classic", "classic"], ["robust", "robust"], ["ewma", "EWMA"]];
const ASK_AFTER_MS = 120;

/** What is asked of Python about a cell. */
export const questionOf = (sheet, row, column) => [sheet.instruments[row].name, column, sheet.tf, sheet.window, sheet.closed("t1_ms", row)].join(" ");

// Volume is judged by its logarithm: its mean is a usual volume, its spread a factor.
const usual = (column, tell, v) => (column === "ln_vol" ? TELLS.money(Math.exp(v)) : tell(v));
const spread = (column, tell, v) => (column === "ln_vol" ? "\u00d7 " + hundredths(Math.exp(v)).slice(1) : tell(v).replace("+", ""));

/** The open bar against the bars before it, the newest closed one among them; nothing where it is not heard live. */
function openBar(sheet, row, column, told) {
  const so_far = {
    ret: () => Math.log(sheet.live("last", row) / sheet.closed("close", row)),
    oi_dlog: () => Math.log(sheet.live("oi_usd", row) / sheet.live("mark", row) / sheet.closed("oi_base", row)),
  }[column]?.();
  if (!Number.isFinite(so_far) || !(told.next_spread > 0)) return null;
  return [so_far, (so_far - told.next_mean) / told.next_spread];
}

function lines(sheet, row, column, told, tfSeconds) {
  const [label, field, kind] = JUDGED[column];
  const tell = TELLS[kind];
  const n = sheet.zCount(column, sheet.window, row);
  const t1 = sheet.closed("t1_ms", row);
  const z = sheet.z(column, sheet.window, row);
  const found = [];
  if (Number.isFinite(z)) {
    const value = sheet.closed(field, row);
    found.push([label + " of the bar", Number.isFinite(value) ? tell(value) : "\u2013"]);
    if (told) {
      found.push([`mean of ${sheet.window} before`, Number.isFinite(told.mean) ? usual(column, tell, told.mean) : "\u2013"]);
      found.push(["standard deviation", Number.isFinite(told.spread) ? spread(column, tell, told.spread) : "\u2013"]);
      const others = KINDS.filter(([one]) => one !== sheet.kind);
      found.push([others.map(([, word]) => word).join(", "), others.map(([one]) => zscore(told[one] ?? NaN)).join(", ")]);
      const open = openBar(sheet, row, column, told);
      if (open) found.push(["open bar so far", tell(open[0])], ["its Z, provisional", zscore(open[1])]);
    }
    found.push(["bars behind it", `${n} of ${sheet.window}`]);
  } else {
    const reason = REASONS[sheet.zReason(column, sheet.window, row)] || "waiting";
    found.push(["reason", WHY[reason](n, sheet.window)]);
    if (reason === "warmup" && Number.isFinite(t1)) {
      const left = (sheet.window - n) * tfSeconds;
      found.push(["ready at the earliest", `${clock(t1 + left * 1000).slice(0, 5)}, in ${age(left)}`]);
    }
  }
  found.push(["coverage of the bar", signed(sheet.closed("coverage", row) * 100, 0).replace("+", "") + NBSP + "%"], ["bar closed", clock(t1)]);
  return found;
}

/** The tooltip of a table: `show(row, cell, block)` beside a block of cells, `hide()`, `told()` when Python answered. */
export function tipOf(model, sheet, el) {
  const tip = h("div", "tip");
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");
  el.append(tip);
  let shown = null;
  let asking = 0;

  function fill() {
    const { row, column } = shown;
    const answer = model.get("baseline");
    const told = answer.about === questionOf(sheet, row, column) ? answer : null;
    const z = sheet.z(column, sheet.window, row);
    const head = Number.isFinite(z) ? `Z ${JUDGED[column][0]} ${zscore(z)} ` : `No Z ${JUDGED[column][0]} `;
    const { base, venue } = sheet.instruments[row];
    const list = h("div", "kv");
    for (const [term, text] of lines(sheet, row, column, told, model.get("tf_s"))) list.append(h("span", "", term), h("span", "", text));
    tip.replaceChildren(h("b", "", head), h("span", "l", `${base}, ${venue}, ${sheet.tf}`), list);
  }

  function place() {
    const [outer, box, block] = [el, shown.cell, shown.block].map((one) => one.getBoundingClientRect());
    tip.style.right = Math.max(4, outer.right - block.left + 8) + "px"; // left of the Z block, so that it hides none
    tip.style.top = Math.max(4, Math.min(box.top - outer.top + 16, outer.height - tip.offsetHeight - 4)) + "px";
  }

  function hide() {
    clearTimeout(asking);
    shown = null;
    tip.hidden = true;
  }

  function show(row, cell, block) {
    const column = judged(cell.column, sheet.tf);
    shown = { row, column, cell: cell.el, block };
    tip.hidden = false;
    fill();
    place();
    clearTimeout(asking);
    asking = setTimeout(() => {
      const question = questionOf(sheet, row, column);
      if (model.get("asked") === question || !Number.isFinite(sheet.z(column, sheet.window, row))) return;
      model.set("asked", question);
      model.save_changes();
    }, ASK_AFTER_MS);
  }

  const told = () => {
    if (!shown) return;
    fill();
    place();
  };
  return { show, hide, told };
}
