// Sentences: a bold claim, then its numbers; what is not known stands smaller at the end. Facts are a line each.

import { captioned, dress, faultBox, follow, h, write } from "./dom.js";

const TONES = { claim: "claim", number: "", up: "up", down: "down" };

function piece([text, tone]) {
  return tone in TONES ? h("b", TONES[tone], text) : text;
}

function sentence(pieces) {
  return h("p", pieces.every(([, tone]) => tone === "quiet") ? "quietly" : "", ...pieces.map(piece));
}

function render({ model, el }) {
  dress(el, model, "fb-words");
  const title = h("h2", "");
  const sub = h("span", "s");
  const head = h("div", "head", title, sub);
  const body = h("div", "body");
  const facts = h("dl", "kv");
  const quiet = h("p", "quietly");
  el.append(head, body, facts, quiet);
  const undo = [
    follow(model, ["title", "sub"], () => (write(title, model.get("title")), captioned(sub, model.get("sub")))),
    follow(model, ["paragraphs"], () => body.replaceChildren(...model.get("paragraphs").map(sentence))),
    follow(model, ["facts"], () => facts.replaceChildren(...model.get("facts").flatMap(([name, told]) => [h("dt", "", name), h("dd", "", told)]))),
    follow(model, ["paragraphs", "facts", "waiting"], () => {
      quiet.hidden = model.get("paragraphs").length + model.get("facts").length > 0;
      body.hidden = !model.get("paragraphs").length;
      facts.hidden = !model.get("facts").length;
      write(quiet, model.get("waiting") || "Nothing to say yet");
    }),
    faultBox(el, model),
  ];
  return () => undo.forEach((f) => f());
}

export default { render };
