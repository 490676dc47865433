// The line of 24 hours in a cell, on a canvas: drawn when its points or its row change, and copied as it is otherwise.

/** Draws a row's closes, oldest first, and their end in the colour of their direction. */
export function paintSpark(cell, row, sheet) {
  const stamp = sheet.sparkStamp + ":" + row + ":" + sheet.themeStamp;
  if (cell.was === stamp) return;
  cell.was = stamp;
  const width = sheet.sparkPixels;
  const ratio = globalThis.devicePixelRatio || 1;
  const { canvas } = cell;
  if (canvas.width !== Math.round(width * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(15 * ratio);
    canvas.style.cssText = `width:${width}px;height:15px`;
  }
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, 15);
  drawLine(pen, sheet.spark(row), width, sheet.colours);
}

function drawLine(pen, values, width, colours) {
  let [low, high, first, last] = [Infinity, -Infinity, -1, -1];
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (!Number.isFinite(v)) continue;
    if (first < 0) first = i;
    last = i;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (last <= first) return;
  const span = high - low || 1;
  const x = (i) => (i / (values.length - 1)) * (width - 4) + 1;
  const y = (v) => 13 - ((v - low) / span) * 11;
  pen.strokeStyle = colours.line;
  pen.lineWidth = 1.1;
  pen.beginPath();
  let down = false;
  for (let i = first; i <= last; i++) {
    const there = Number.isFinite(values[i]);
    if (there) pen[down ? "lineTo" : "moveTo"](x(i), y(values[i]));
    down = there;
  }
  pen.stroke();
  pen.fillStyle = values[last] >= values[first] ? colours.up : colours.down;
  pen.beginPath();
  pen.arc(x(last), y(values[last]), 1.8, 0, 7);
  pen.fill();
}
