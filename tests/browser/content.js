// What a tab shows, asked where it is shown: content.py and test_every_tab.py call these by name.
({
  // Words of a tab's panels that wait or went wrong, and how many digits stand on it.
  state: slug => {
      const tab = document.querySelector(`.fb-tab-${slug}`);
      const there = (el) => el.getClientRects().length > 0 && !el.closest("[hidden]");
      if (!tab || !there(tab)) return { faults: [], waits: ["the tab itself"], digits: 0 };
      const told = (selector) => [...tab.querySelectorAll(selector)].filter(there).map((el) => el.innerText.trim());
      const charts = [...tab.querySelectorAll(".fb-plot .stage, .fb-chart .stage")].filter((el) => there(el) && el.clientHeight > 30);
      const bare = charts.filter((el) => !el.querySelector("svg.main-svg") && !there(el.querySelector(".loading")));
      return {
          faults: told(".fault"),
          waits: [
              ...told(".fb-plot .loading, .fb-chart .loading, .fb-grid .quiet, .fb-heat .quiet, .fb-table .nothing"),
              ...bare.map(() => "a chart that is not drawn yet"),
          ],
          digits: (tab.innerText.match(/\d/g) || []).length,
      };
  },

  // Until nothing was drawn for a moment: charts are drawn a little after their numbers came.
  still: () => new Promise((done) => {
      let timer = setTimeout(done, 300);
      const watch = new MutationObserver((all) => {
          if (!all.some((one) => one.target.closest?.("svg.main-svg"))) return;
          clearTimeout(timer);
          timer = setTimeout(done, 300);
      });
      watch.observe(document.body, { subtree: true, childList: true, attributes: true });
      setTimeout(done, 5000);
  }).then(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))),

  // The theme as its button sets it, without storing it.
  theme: name => {
      document.documentElement.dataset.fbkitTheme = name;
      for (const listener of fbkitPage.listeners) listener(name);
  },

  // Texts that somebody who sees the page cannot read to their end: they leave a box that hides what leaves it, or the
  // window. What a box scrolls to is not cut.
  cut: () => {
      const found = [];
      const walk = document.createTreeWalker(document.querySelector(".fb-page"), NodeFilter.SHOW_TEXT);
      const hides = (how) => how === "hidden" || how === "clip";
      const scrolls = (how) => how === "auto" || how === "scroll";
      while (walk.nextNode()) {
          const node = walk.currentNode;
          const holder = node.parentElement;
          if (!node.data.trim() || !holder.checkVisibility({ visibilityProperty: true })) continue;
          if (holder.closest("select, datalist, option, style, script, title, [hidden], .tip")) continue;
          // No venue lists a coin of 40 letters: what it does to its row is no fault of the page.
          if (holder.closest(".td, td, .al, .who")?.textContent.includes("<img")) continue;
          const range = document.createRange();
          range.selectNodeContents(node);
          const box = range.getBoundingClientRect();
          if (box.width < 1 || box.height < 1) continue;
          let [cutter, told] = ["", false];
          for (let el = holder; el && !cutter; el = el.parentElement) {
              const style = getComputedStyle(el);
              const room = el.getBoundingClientRect();
              // what a box scrolls to is told, and words that end in dots are told whole where the pointer rests
              told = scrolls(style.overflowX) || (style.textOverflow === "ellipsis" && el.closest("[title]")?.title.includes(node.data.trim()));
              if (told) break;
              if (!hides(style.overflowX) || style.display === "inline") continue;
              if (box.bottom < room.top + 1 || box.top > room.bottom - 1) break; // scrolled away as a whole
              if (box.right > room.right + 1.5 || box.left < room.left - 1.5) cutter = el.className.baseVal ?? el.className;
          }
          if (!cutter && !told && box.right > innerWidth + 1) cutter = "the window";
          if (cutter) found.push(`"${node.data.trim().slice(0, 40)}" by ${cutter}`);
      }
      return found;
  },

  // Texts whose contrast is below AA (4.5; 3 for large ones), as ``ratio "text" ink on ground``. Grounds are composed from
  // the page upwards; hatches and pictures count as the colour beneath them.
  faint: () => {
      const parse = (text) => {
          const mixed = /color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)/.exec(text);
          if (mixed) return [...mixed.slice(1, 4).map((part) => 255 * part), 1];
          const found = /rgba?\(([^)]+)\)/.exec(text);
          if (!found) return [0, 0, 0, 0];
          const parts = found[1].split(/[ ,/]+/).map(Number);
          return [parts[0], parts[1], parts[2], parts[3] ?? 1];
      };
      const over = (top, under) => [0, 1, 2].map((i) => top[i] * top[3] + under[i] * (1 - top[3]));
      const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
      const light = (rgb) => 0.2126 * linear(rgb[0]) + 0.7152 * linear(rgb[1]) + 0.0722 * linear(rgb[2]);
      const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + 0.05) / (y + 0.05); };
      const grounds = new Map();
      const ground = (el) => {
          if (!el) return [255, 255, 255];
          if (!grounds.has(el)) grounds.set(el, over(parse(getComputedStyle(el).backgroundColor), ground(el.parentElement)));
          return grounds.get(el);
      };
      const found = [];
      const walk = document.createTreeWalker(document.querySelector(".fb-page"), NodeFilter.SHOW_TEXT);
      while (walk.nextNode()) {
          const holder = walk.currentNode.parentElement;
          const words = walk.currentNode.data.trim();
          if (!words || !holder.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
          if (holder.closest("[hidden], :disabled, style, script, datalist, title") || !holder.getClientRects().length) continue;
          const style = getComputedStyle(holder);
          const drawn = holder instanceof SVGElement;
          const ink = parse(drawn ? style.fill : style.color);
          let opacity = drawn ? Number(style.fillOpacity) : 1;
          for (let el = holder; el; el = el.parentElement) opacity *= Number(getComputedStyle(el).opacity);
          const below = ground(holder);
          const seen = over([ink[0], ink[1], ink[2], ink[3] * opacity], below);
          const size = parseFloat(style.fontSize);
          const need = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
          const is = ratio(seen, below);
          if (is < need - 0.005) found.push(`${is.toFixed(2)} "${words.slice(0, 30)}" ${holder.className.baseVal ?? holder.className} in ${holder.parentElement.className.baseVal ?? holder.parentElement.className}`);
      }
      return [...new Set(found)];
  },

  // Every control of the bar and of a tab that is in sight and takes the keyboard; each is given a number.
  stops: slug => {
      const all = document.querySelectorAll(`.fb-bar :is(button, a[href], input, select, [tabindex]), .fb-tab-${slug} :is(button, a[href], input, select, summary, [tabindex])`);
      const wanted = [...all].filter((el) => el.tabIndex >= 0 && !el.disabled && el.getClientRects().length && el.checkVisibility({ visibilityProperty: true }));
      for (const el of document.querySelectorAll("[data-stop]")) delete el.dataset.stop;
      wanted.forEach((el, i) => (el.dataset.stop = i));
      document.activeElement?.blur();
      return wanted.length;
  },

  // Where the keyboard is: its number, and whether one sees it.
  where: () => {
      const el = document.activeElement;
      if (!el || el === document.body) return null;
      const marked = (one) => {
          const style = getComputedStyle(one);
          return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
      };
      const seen = marked(el) || (el.matches("input, select") && marked(el.parentElement));
      return [Number(el.dataset.stop ?? -1), seen, `${el.tagName} ${el.className} ${el.textContent.slice(0, 20)}`];
  },
})
