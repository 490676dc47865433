// One instant for every chart of a tab: whoever is pointed at tells it, and all of them stand there.

import { page } from "./dom.js";

page.crosshairs ??= new Set();

/** Join the charts that share a tab (or, without one, a parent); `stand(ms)` is called with an instant, or null. */
export function crosshair(el, stand) {
  const me = { home: () => el.closest(".fb-tab") || el.parentElement, stand };
  page.crosshairs.add(me);
  return {
    tell(ms) {
      const home = me.home();
      for (const one of page.crosshairs) if (one.home() === home) one.stand(ms);
    },
    leave: () => page.crosshairs.delete(me),
  };
}
