// Export: a button a format, or one that opens the formats; the file is made in Python and saved here.

import { h } from "./dom.js";
import { menu } from "./menu.js";

const FILES = { csv: "CSV", parquet: "Parquet" };

function save(name, data) {
  const url = URL.createObjectURL(new Blob([data]));
  const link = Object.assign(h("a"), { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** `el` for the row, `draw()` when the formats change, `undo()` when the view goes. `folded`: one button for all. */
export function exporting(model, folded) {
  const el = h("span", "exports");
  const button = (format, cls) => {
    const made = h("button", cls, FILES[format] || format);
    made.type = "button";
    made.title = `Export what this tab shows as ${FILES[format] || format}`;
    made.addEventListener("click", () => model.send({ kind: "export", format }));
    return made;
  };
  const opens = folded
    ? menu("Export", "Export what this tab shows", () => model.get("formats").map((format) => button(format, "item")))
    : null;
  if (opens) el.append(opens.el);
  const draw = () => {
    el.hidden = !model.get("formats").length;
    if (!opens) el.replaceChildren(...model.get("formats").map((format) => button(format, "btn")));
  };
  const hear = (content, buffers) => {
    if (content.kind === "file") save(content.name, buffers[0]);
  };
  model.on("msg:custom", hear);
  const undo = () => {
    model.off("msg:custom", hear);
    opens?.undo();
  };
  return { el, draw, undo };
}
