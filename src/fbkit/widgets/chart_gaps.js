// Where bars are missing or trades were missed, how long that is, and whether it was made up for.

const STATES = { opened: "still open", closed: "not backfilled", backfilled: "backfilled" };

function lengthWords(ms) {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  return minutes < 120 ? `${minutes} min` : minutes < 2880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1440)} d`;
}

/** Runs of slots without a bar: [from, to] in ms. */
function runs(series, tfMs) {
  const [x, closes] = [series.get("t0_ms"), series.get("close")];
  const found = [];
  for (let i = 0; i < series.n; i++) {
    if (Number.isFinite(closes[i])) continue;
    const open = found[found.length - 1];
    if (open && open[1] === x[i]) open[1] = x[i] + tfMs;
    else found.push([x[i], x[i] + tfMs]);
  }
  return found;
}

/** All of them, oldest first: { from, to } ms, `missing` where there are no bars, and the words for it. */
export function gapsOf(series, view) {
  if (!series.n || !view.drawn.includes("gaps")) return [];
  const x = series.get("t0_ms");
  const end = x[series.n - 1] + view.tfMs;
  const told = view.gaps.map((gap) => ({ from: gap.t0_ms, to: gap.t1_ms ?? end, phase: gap.phase })).filter((gap) => gap.to > x[0] && gap.from < end);
  const used = new Set();
  const blank = runs(series, view.tfMs).map(([from, to]) => {
    const mine = told.filter((gap) => gap.from < to && gap.to > from);
    mine.forEach((gap) => used.add(gap));
    const length = mine.length ? mine.reduce((sum, gap) => sum + gap.to - gap.from, 0) : to - from;
    // Where nobody recorded a gap, or it was made up for, all we know is that there are no bars.
    const phase = ["opened", "closed"].find((one) => mine.some((gap) => gap.phase === one)) || "no bars";
    return { from, to, missing: true, length: lengthWords(length), state: STATES[phase] || phase };
  });
  const others = told.filter((gap) => !used.has(gap)).map((gap) => ({ from: gap.from, to: gap.to, missing: gap.phase !== "backfilled", length: lengthWords(gap.to - gap.from), state: STATES[gap.phase] || gap.phase }));
  return [...blank, ...others].sort((a, b) => a.from - b.from);
}
