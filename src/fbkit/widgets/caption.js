// A line of words under panels: quiet, except for what is wrong.

import { dress, faultBox, follow, h } from "./dom.js";

function render({ model, el }) {
  dress(el, model, "fb-caption");
  const undo = [
    follow(model, ["parts", "end"], () => {
      const words = (pairs) => pairs.map(([text, tone]) => h("span", tone === "ink" ? "l" : tone, text));
      el.replaceChildren(...words(model.get("parts")), h("span", "sp"), ...words(model.get("end")));
    }),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
