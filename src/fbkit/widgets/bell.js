// Notifications of the desktop and a sound, for a viewer who asks for them: a click asks the browser's leave, the least
// tier is the viewer's own. Only what comes after that is told, and the market's kind stands first.

import { h } from "./dom.js";

const KEPT = "fbkit-notify";
const AT_ONCE = 3;
const LOUDNESS = 0.08;
const TONE_S = 0.16;

function kept() {
  try {
    return Number(localStorage.getItem(KEPT)) || 2;
  } catch {
    return 2; // a browser that stores nothing
  }
}

function keepTier(tier) {
  try {
    localStorage.setItem(KEPT, tier);
  } catch {
    // chosen all the same, for as long as the page is open
  }
}

/** Two short notes, higher with the tier; the second above the first. */
function ring(audio, tier) {
  const from = audio.currentTime;
  [0, 1].forEach((note) => {
    const [voice, volume] = [audio.createOscillator(), audio.createGain()];
    voice.frequency.value = 440 * 2 ** ((tier + 4 * note) / 12);
    volume.gain.setValueAtTime(LOUDNESS, from + note * TONE_S);
    volume.gain.exponentialRampToValueAtTime(0.0001, from + (note + 1) * TONE_S);
    voice.connect(volume).connect(audio.destination);
    voice.start(from + note * TONE_S);
    voice.stop(from + (note + 1) * TONE_S);
  });
}

function toggleButton(text, cls) {
  const button = h("button", "btn " + cls, text);
  button.type = "button";
  button.press = (on, title) => {
    button.setAttribute("aria-pressed", String(on));
    button.title = title;
  };
  return button;
}

/** The bell: `el` for the head, `hear(alerts, market)` for each new list, newest first; `open(alert)` on a click. */
export function bell(open) {
  const button = toggleButton("Notify", "notify");
  const loud = toggleButton("Sound", "sound");
  const tiers = h("select", "notify-tier");
  tiers.setAttribute("aria-label", "Tell from this tier up");
  tiers.title = "Tell from this tier up";
  for (let tier = 1; tier <= 6; tier++) tiers.append(Object.assign(h("option", "", `${tier}+`), { value: String(tier) }));
  tiers.value = String(kept());
  let on = false;
  let audio = null; // only after a click: no page may make a sound by itself
  let known = new Set();

  function draw(why = "") {
    button.press(on, why || (on ? "Click to stop desktop notifications" : "Desktop notifications of new alerts, while this page is open"));
    loud.press(Boolean(audio), audio ? "Click to silence new alerts" : "A sound for new alerts, while this page is open");
    tiers.hidden = !on && !audio;
  }

  button.addEventListener("click", async () => {
    if (on) return (on = false), draw();
    if (!("Notification" in window)) return draw("This browser shows no notifications");
    on = (await Notification.requestPermission()) === "granted";
    draw(on ? "" : "This page may not notify; allow it beside the browser's address, then click again");
  });
  loud.addEventListener("click", () => {
    audio?.close();
    audio = audio ? null : new AudioContext();
    if (audio) ring(audio, Number(tiers.value));
    draw();
  });
  tiers.addEventListener("change", () => keepTier(tiers.value));

  function tell(title, options, alert) {
    try {
      const shown = new Notification(title, options);
      shown.onclick = () => (window.focus(), open(alert));
    } catch {
      on = false;
      draw("This browser lets no page notify by itself");
    }
  }

  function notify(told, market) {
    for (const a of told.slice(0, AT_ONCE).reverse())
      tell(`${market} \u00b7 tier ${a.tier} \u00b7 ${a.base} at ${a.venue}, ${a.tf}`, { body: a.sentence, tag: a.alert_id }, a);
    const rest = told.length - AT_ONCE;
    if (rest > 0) tell(`${market} \u00b7 ${rest} more ${rest === 1 ? "alert" : "alerts"}`, { body: told[AT_ONCE].sentence, tag: "fbkit-more" }, told[AT_ONCE]);
  }

  function hear(alerts, market) {
    const last = alerts.findIndex((a) => known.has(a.alert_id)); // what is older was only not shown before
    const fresh = last < 0 ? alerts : alerts.slice(0, last);
    const told = fresh.filter((a) => a.tier >= Number(tiers.value));
    known = new Set(alerts.map((a) => a.alert_id));
    if (on) notify(told, market);
    if (audio && told.length) ring(audio, Math.max(...told.map((a) => a.tier)));
  }

  draw();
  return { el: h("span", "bell", tiers, button, loud), hear };
}
