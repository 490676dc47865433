// The two rows over the table: groups with the scale of Z, and names that sort when pressed.

import { h } from "./dom.js";
import { JUDGED, headOf, judged } from "./table_columns.js";

const SCALE = ["n4", "n3", "n2", "n1", "0", "p1", "p2", "p3", "p4"];
const ARROWS = { up: " \u2191", down: " \u2193", abs: " |\u2193|" };

function scale() {
  const bar = h("i", "scale", "\u22124 ");
  for (const step of SCALE) {
    const box = h("i");
    box.style.background = `var(--z${step})`;
    bar.append(box);
  }
  bar.append(" +4");
  return bar;
}

function groupOf(name, sheet) {
  const el = h("span");
  const kind = sheet.kind === "classic" ? "" : ` ${sheet.kind === "ewma" ? "EWMA" : sheet.kind}`;
  if (name === "Z") el.append(h("b", "s", `Z${kind}, ${sheet.window} \u00d7 ${sheet.tf}`), scale());
  else if (name) el.append(name.startsWith("Flow") ? `${name}, ${sheet.tf}` : name);
  return el;
}

/** The groups over the columns, each as wide as its run of them. */
export function drawGroups(groups, columns, sheet) {
  groups.replaceChildren();
  let open = null;
  for (const column of columns) {
    if (!open || open.name !== column.group) {
      open = { name: column.group, count: 0, el: groupOf(column.group, sheet) };
      groups.append(open.el);
    }
    open.count += 1;
    open.el.style.gridColumn = "span " + open.count;
  }
}

function aboutOf(column, sheet) {
  if (column.kind !== "z") return [column.about || "", ...sheet.doubtsOf(column.field)];
  return [`Z of ${JUDGED[judged(column, sheet.tf)][0]} of the last closed bar against the ${sheet.window} before it`];
}

function head(column, sheet, sort, way) {
  const current = sort === column.key;
  const button = h("button", column.kind === "spark" ? "c" : "", headOf(column, sheet.tf) + (current ? ARROWS[way] : ""));
  button.type = "button";
  button.dataset.key = column.key;
  if (column.kind !== "z" && sheet.doubtsOf(column.field).length) button.append(h("span", "ask", " ?"));
  button.title = aboutOf(column, sheet).filter(Boolean).join("\n");
  button.setAttribute("aria-sort", current ? (way === "up" ? "ascending" : "descending") : "none");
  return button;
}

/** The names of the columns; whoever had the focus keeps it. */
export function drawNames(names, columns, sheet, sort, way, press) {
  const focused = names.contains(document.activeElement) && document.activeElement.dataset.key;
  names.replaceChildren(
    ...columns.map((column) => {
      const button = head(column, sheet, sort, way);
      button.addEventListener("click", () => press(column));
      return button;
    }),
  );
  if (focused) names.querySelector(`[data-key="${focused}"]`)?.focus();
}

/** What the next press of a head makes of the order. */
export function nextWay(column, same, way) {
  const ways = column.kind === "name" ? ["up", "down"] : column.kind === "z" ? ["abs", "down", "up"] : ["down", "up"];
  return same ? ways[(ways.indexOf(way) + 1) % ways.length] : ways[0];
}
