// Steps as a bar, of which the last is on; under it since when each, newest first.

import { captioned, dress, faultBox, follow, h, write } from "./dom.js";

function render({ model, el }) {
  dress(el, model, "fb-steps");
  const title = h("h2", "");
  const sub = h("span", "s");
  const bar = h("ol", "bar");
  const list = h("div", "kv");
  const quiet = h("div", "quiet", h("span", "l"));
  el.append(h("div", "head", title, h("span", "sp"), sub), bar, list, quiet);
  const draw = () => {
    const steps = model.get("steps");
    for (const part of [bar, list]) part.hidden = !steps.length;
    quiet.hidden = steps.length > 0;
    write(quiet.firstChild, model.get("waiting"));
    bar.replaceChildren(...steps.map(([name], i) => stepOf(name, i === steps.length - 1)));
    list.replaceChildren(...[...steps].reverse().flatMap(([name, since, note]) => [h("span", "", since), h("span", "", note ? `${name}: ${note}` : name)]));
  };
  const stepOf = (name, on) => {
    const one = h("li", on ? "on" : "", name);
    if (on) one.setAttribute("aria-current", "step");
    return one;
  };
  const undo = [follow(model, ["title", "sub"], () => (write(title, model.get("title")), captioned(sub, model.get("sub")))), follow(model, ["steps", "waiting"], draw), faultBox(el, model)];
  return () => undo.forEach((f) => f());
}

export default { render };
