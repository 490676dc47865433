// A published report: claims, facts, earlier runs. The whole page opens in a frame that may do nothing at all: no script,
// no form, no origin, no request; Escape or Close leads back.

import { dress, faultBox, follow, h, write } from "./dom.js";

const POLICY = '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; style-src \'unsafe-inline\'; font-src data:">';

/** The page with a rule in front that lets nothing in from outside. */
function locked(html) {
  const head = html.search(/<head[^>]*>/i);
  if (head < 0) return POLICY + html;
  const end = html.indexOf(">", head) + 1;
  return html.slice(0, end) + POLICY + html.slice(end);
}

function piece([text, tone]) {
  return tone === "claim" ? h("b", "", text) : text;
}

function render({ model, el }) {
  dress(el, model, "fb-report");
  const title = h("h2", "");
  const when = h("span", "s");
  const body = h("div", "body");
  const quiet = h("div", "quiet", h("span", "l"));
  const list = h("div", "earlier");
  list.hidden = true;
  el.append(h("div", "head", title, h("span", "sp"), when), body, list, quiet);
  let over = null;
  let back = null;

  const ask = (page) => model.send({ kind: "open", page });
  const close = () => {
    over?.remove();
    over = null;
    back?.focus();
  };
  function open(page, data) {
    close();
    back = document.activeElement;
    const frame = h("iframe");
    frame.setAttribute("sandbox", "");
    frame.setAttribute("referrerpolicy", "no-referrer");
    frame.title = `Report ${page}`;
    frame.srcdoc = locked(new TextDecoder().decode(data));
    const button = h("button", "btn", "Close");
    button.type = "button";
    button.addEventListener("click", close);
    over = h("div", "fbkit fb-report-over", h("div", "head", h("h2", "", "Report"), h("span", "s", page), h("span", "sp"), h("kbd", "", "Esc"), button), frame);
    over.setAttribute("role", "dialog");
    over.setAttribute("aria-modal", "true");
    over.setAttribute("aria-label", `Report ${page}`);
    over.addEventListener("keydown", (event) => {
      if (event.key === "Escape") (event.stopPropagation(), close());
      if (event.key === "Tab") (event.preventDefault(), button.focus()); // the frame holds nothing to reach
    });
    document.body.append(over);
    button.focus();
  }

  function draw() {
    const shown = model.get("shown").when === undefined ? null : model.get("shown");
    quiet.hidden = Boolean(shown);
    body.hidden = !shown;
    write(quiet.firstChild, model.get("waiting"));
    write(when, shown?.when || "");
    if (!shown) return;
    const facts = h("div", "kv");
    for (const [name, text, tone] of shown.facts) facts.append(h("span", "", name), h("span", tone, text));
    const buttons = h("div", "buttons");
    if (shown.page) {
      const button = h("button", "btn open", "Open");
      button.type = "button";
      button.addEventListener("click", () => ask(shown.page));
      buttons.append(button);
    }
    const earlier = model.get("earlier");
    if (earlier.length) {
      const button = h("button", "btn", `Runs, ${earlier.length}`);
      button.type = "button";
      button.setAttribute("aria-expanded", String(!list.hidden));
      button.addEventListener("click", () => {
        list.hidden = !list.hidden;
        button.setAttribute("aria-expanded", String(!list.hidden));
      });
      buttons.append(button);
    }
    body.replaceChildren(h("h3", "", shown.headline), ...shown.paragraphs.map((pieces) => h("p", "", ...pieces.map(piece))), facts, buttons);
    list.replaceChildren(...earlier.map(runOf));
  }

  function runOf(run) {
    const line = h(run.page ? "button" : "div", "run", h("span", "", run.when), h("span", run.tone, run.told));
    if (run.page) {
      line.type = "button";
      line.addEventListener("click", () => {
        model.set("chosen", run.page);
        model.save_changes();
      });
      line.setAttribute("aria-current", String(run.page === model.get("shown").page));
    }
    return line;
  }

  const hear = (content, buffers) => {
    if (content.kind === "page") open(content.page, buffers[0]);
    if (content.kind === "gone") write(when, `${content.page}: ${content.why}`);
  };
  model.on("msg:custom", hear);
  const undo = [follow(model, ["title"], () => write(title, model.get("title"))), follow(model, ["shown", "earlier", "waiting"], draw), faultBox(el, model)];
  return () => {
    close();
    model.off("msg:custom", hear);
    undo.forEach((f) => f());
  };
}

export default { render };
