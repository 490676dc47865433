// Buttons that make something, one at a time; beside them what is being done, and then how it went.

import { dress, faultBox, follow, h, write } from "./dom.js";

function render({ model, el }) {
  dress(el, model, "fb-actions");
  const note = h("span", "note");
  note.setAttribute("role", "status");
  const buttons = h("span", "buttons");
  el.append(note, buttons);
  const press = () => {
    const running = model.get("running");
    for (const button of buttons.children) {
      button.setAttribute("aria-disabled", String(Boolean(running)));
      button.setAttribute("aria-busy", String(button.dataset.name === running));
    }
  };
  const draw = () => {
    buttons.replaceChildren(
      ...model.get("actions").map(([name, label, about]) => {
        const button = h("button", "btn", label);
        button.type = "button";
        button.title = about;
        button.dataset.name = name;
        button.addEventListener("click", () => model.get("running") || model.send({ kind: "press", name }));
        return button;
      }),
    );
    press();
  };
  const undo = [
    follow(model, ["actions"], draw),
    follow(model, ["running"], press),
    follow(model, ["note", "tone"], () => {
      write(note, model.get("note"));
      note.title = model.get("note");
      note.className = `note ${model.get("tone")}`;
    }),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
