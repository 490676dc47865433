// Hundreds of bars as one path a colour: plotly draws each bar as an element of its own, and a page has several charts.

const MANY = 200;

const isMany = (trace) => trace.type === "bar" && trace.orientation !== "h" && typeof trace.width === "number" && trace.x.length > MANY;

function outline(path, from, to, base, top) {
  path.x.push(from, from, to, to, null);
  path.y.push(base, top, top, base, null);
}

/** The same picture in as few elements as there are colours; a trace of few bars, or of bars without a width, as it is. */
export function asPaths(trace) {
  if (!isMany(trace)) return [trace];
  const paths = new Map();
  const { x, y, width, offset = -width / 2, base, marker = {} } = trace;
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(y[i]) || !y[i]) continue;
    const ink = Array.isArray(marker.color) ? marker.color[i] : marker.color;
    if (!paths.has(ink)) paths.set(ink, { x: [], y: [] });
    const ground = (Array.isArray(base) ? base[i] : base) || 0;
    outline(paths.get(ink), x[i] + offset, x[i] + offset + width, ground, ground + y[i]);
  }
  const filled = (ink) => ({ type: "scatter", mode: "lines", fill: "toself", fillcolor: ink, opacity: marker.opacity ?? 1, line: { width: 0, color: ink }, hoverinfo: "skip", xaxis: trace.xaxis, yaxis: trace.yaxis });
  return [...paths].map(([ink, path]) => ({ ...filled(ink), ...path }));
}
