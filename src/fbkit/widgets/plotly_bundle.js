// plotly.js, once a page: from our server where it serves it, else over the widget's own connection. Never from outside.

import { page } from "./dom.js";

function config() {
  const tag = document.getElementById("jupyter-config-data");
  try {
    return tag ? JSON.parse(tag.textContent) : {};
  } catch {
    return {};
  }
}

function script(source) {
  // plotly would give itself to an AMD loader that happens to be on the page
  const amd = globalThis.define;
  globalThis.define = undefined;
  return new Promise((resolve, reject) => {
    const tag = document.createElement("script");
    tag.src = source;
    tag.onload = () => (globalThis.Plotly ? resolve(globalThis.Plotly) : reject(new Error("plotly.js came without Plotly")));
    tag.onerror = () => reject(new Error("plotly.js did not load"));
    document.head.append(tag);
  }).finally(() => {
    globalThis.define = amd;
  });
}

function overComm(model) {
  return new Promise((resolve) => {
    const heard = (message, buffers) => {
      if (message?.kind !== "plotly") return;
      model.off("msg:custom", heard);
      const url = URL.createObjectURL(new Blob([buffers[0]], { type: "text/javascript" }));
      resolve(script(url).finally(() => URL.revokeObjectURL(url)));
    };
    model.on("msg:custom", heard);
    model.send({ kind: "plotly" });
  });
}

/** Plotly itself. The page's configuration names the folder our server serves it from (`fbkitStatic`). */
export function plotly(model) {
  if (globalThis.Plotly) return Promise.resolve(globalThis.Plotly);
  if (!page.plotly) {
    const folder = config().fbkitStatic;
    const served = folder ? script(new URL(folder + "plotly.min.js", location.href).href) : Promise.reject(new Error("not served"));
    page.plotly = served.catch(() => overComm(model));
    page.plotly.catch(() => (page.plotly = null));
  }
  return page.plotly;
}
