// Elements, icons, theme: what all widgets draw with. Text enters the page through text nodes only, so whatever a
// venue calls its instruments stays text.

/** An element with a class and children; a string child becomes a text node. */
export function h(tag, cls, ...children) {
  const el = document.createElement(tag);
  if (cls) el.className = cls;
  for (const child of children) if (child !== null && child !== undefined) el.append(child);
  return el;
}

/** Write a text only where it differs: an unchanged node costs no layout. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A line of words that ends in dots where room is short: whole where the pointer rests. */
export function captioned(node, text) {
  write(node, text);
  if (node.title !== text) node.title = text;
}

export const toggle = (el, cls, on) => {
  if (el.classList.contains(cls) !== on) el.classList.toggle(cls, on);
};

const SVG = "http://www.w3.org/2000/svg";

/** A small drawing: [size, [path, fill, stroke] …]. */
export function svg(width, height, ...paths) {
  const el = document.createElementNS(SVG, "svg");
  el.setAttribute("width", width);
  el.setAttribute("height", height);
  el.setAttribute("viewBox", `0 0 ${width} ${height}`);
  el.setAttribute("aria-hidden", "true");
  for (const [d, fill, stroke] of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.setAttribute("fill", fill || "none");
    if (stroke) path.setAttribute("stroke", stroke);
    el.append(path);
  }
  return el;
}

/** Health is told by shape as well as colour: circle, triangle, square, ring. */
export function shape(state) {
  if (state === "ok") return svg(10, 10, ["M5 1.5a3.5 3.5 0 1 0 .01 0z", "var(--ok)"]);
  if (state === "degraded") return svg(10, 10, ["M5 .8 9.6 9H.4z", "var(--warn)"]);
  if (state === "down") return svg(10, 10, ["M1 1h8v8H1z", "var(--bad)"]);
  return svg(10, 10, ["M5 1.5a3.5 3.5 0 1 0 .01 0z", "", "var(--ink3)"]);
}

/** A grey line of values; missing ones break it. `dot` colours its end. */
export function spark(values, width, height, dot) {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return svg(width, height);
  const low = Math.min(...finite);
  const span = Math.max(...finite) - low || 1;
  const at = (v, i) => `${((i / (values.length - 1)) * (width - 4) + 1).toFixed(1)} ${(height - 2 - ((v - low) / span) * (height - 4)).toFixed(1)}`;
  let path = "";
  let pen = "M";
  values.forEach((v, i) => {
    path += Number.isFinite(v) ? pen + at(v, i) : "";
    pen = Number.isFinite(v) ? "L" : "M";
  });
  const el = svg(width, height, [path, "", "var(--ink3)"]);
  const last = values.length - 1;
  if (dot && Number.isFinite(values[last])) {
    const [x, y] = at(values[last], last).split(" ");
    el.append(svg(width, height, [`M${x} ${y}m-1.8 0a1.8 1.8 0 1 0 3.6 0a1.8 1.8 0 1 0 -3.6 0`, dot]).firstChild);
  }
  return el;
}

/** A row of buttons of which one is pressed. */
export function segmented(label, items, pick) {
  const el = h("span", "seg");
  el.setAttribute("role", "group");
  el.setAttribute("aria-label", label);
  const buttons = items.map(([value, text, title]) => {
    const button = h("button", "", text ?? String(value));
    button.type = "button";
    if (title) button.title = title;
    button.addEventListener("click", () => pick(value));
    el.append(button);
    return [value, button];
  });
  el.press = (current) => {
    for (const [value, button] of buttons) button.setAttribute("aria-pressed", String(value === current));
  };
  return el;
}

// What the widgets of one page share: the theme, the market's clock, how long numbers take to the screen.
export const page = (globalThis.fbkitPage ??= { listeners: new Set(), latencies: [] });

/** dark or light: as chosen on this machine, else as JupyterLab has it, else dark. */
export function theme() {
  const chosen = document.documentElement.dataset.fbkitTheme;
  if (chosen) return chosen;
  const lab = document.body && !document.body.dataset.voila && document.body.dataset.jpThemeLight;
  return lab === "true" ? "light" : "dark";
}

export function setTheme(name) {
  document.documentElement.dataset.fbkitTheme = name;
  try {
    localStorage.setItem("fbkit-theme", name);
  } catch {
    // a browser that stores nothing still switches
  }
  for (const listener of page.listeners) listener(name);
}

/** Call when the theme changes; returns what undoes it. */
export function onTheme(listener) {
  page.listeners.add(listener);
  return () => page.listeners.delete(listener);
}

/** A token's value where `el` stands. */
export const token = (el, name) => getComputedStyle(el).getPropertyValue("--" + name).trim();

/** The style sheet once a page, our class on the element, the theme where nobody has set it. */
export function dress(el, model, cls) {
  if (!document.getElementById("fbkit-style")) {
    const sheet = h("style", "", model.get("style_text"));
    sheet.id = "fbkit-style";
    document.head.append(sheet);
  }
  if (!document.documentElement.dataset.fbkitTheme && theme() === "light") document.documentElement.dataset.fbkitTheme = "light";
  el.classList.add("fbkit", cls);
}

/** Follow traits until the view goes; returns what undoes it. Calls once at the start. */
export function follow(model, names, draw) {
  const events = names.map((name) => "change:" + name).join(" ");
  model.on(events, draw);
  draw();
  return () => model.off(events, draw);
}

/** The box in which a panel says what went wrong, in place. */
export function faultBox(el, model) {
  const text = h("span", "l");
  const box = h("div", "fault", h("b", "", shape("down"), " Something went wrong here"), text);
  box.setAttribute("role", "alert");
  el.append(box);
  return follow(model, ["error"], () => {
    write(text, model.get("error"));
    box.hidden = !model.get("error");
  });
}

/** The market's clock in epoch ms: what the last beat said, carried on by the browser's steady clock. */
export function marketNow() {
  return page.beat ? page.beat.ms + (page.beat.runs ? performance.now() - page.beat.at : 0) : Date.now();
}
