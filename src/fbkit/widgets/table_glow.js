// A price that moved glows and fades in steps, in frames in which numbers are drawn anyway: an animation of its own
// would make the browser draw sixty times a second for as long as any cell glows, which is always.

const FADES = 3;
const WEIGHT_MS = 1000; // where motion is unwelcome, the new is told by weight for so long

/** Lights a cell whose value changed, once a beat; true where it glows and has its class from here. */
export function glow(cell, changed, up, sheet) {
  if (changed && sheet.beat !== cell.glowed) {
    Object.assign(cell, { glowed: sheet.beat, lit: performance.now(), up });
    sheet.glowing.add(cell);
  }
  if (!cell.lit) return false;
  shade(cell, sheet.flashMs, performance.now());
  return cell.lit > 0;
}

function shade(cell, flashMs, now) {
  const since = now - cell.lit;
  const step = flashMs ? FADES - Math.floor((FADES * since) / flashMs) : Number(since < WEIGHT_MS);
  if (step < 1) cell.lit = 0;
  const cls = step < 1 ? cell.base : `${cell.base} ${flashMs ? (cell.up ? "fu" : "fd") + step : "fw"}`;
  if (cell.cls !== cls) cell.el.className = cell.cls = cls;
}

/** Lets every glowing cell fade as far as time has gone; milliseconds until the next step, 0 where none glows. */
export function fade(sheet) {
  const now = performance.now();
  for (const cell of sheet.glowing) {
    if (cell.lit) shade(cell, sheet.flashMs, now);
    if (!cell.lit) sheet.glowing.delete(cell);
  }
  return sheet.glowing.size ? (sheet.flashMs || WEIGHT_MS) / FADES : 0;
}
