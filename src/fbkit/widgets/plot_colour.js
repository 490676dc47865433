// Tokens in what Python hands to plotly, as the colours of the theme.

const DATA = new Set(["x", "y", "z", "text", "customdata", "base"]);

/** A token's colour; "v-okx 13%" is one that lets so much of itself be seen. */
function tinted(words, colour) {
  const [name, share] = words.split(" ");
  const found = colour(name);
  if (!share || !/^#[0-9a-f]{6}$/i.test(found)) return found;
  const parts = [1, 3, 5].map((at) => parseInt(found.slice(at, at + 2), 16));
  return `rgba(${parts.join(",")},${parseFloat(share) / 100})`;
}

/** Every string that names a token, as its colour. */
export function coloured(value, colour) {
  if (typeof value === "string") return value.startsWith("--") ? tinted(value.slice(2), colour) : value;
  if (Array.isArray(value)) return value.length && (typeof value[0] === "number" || value[0] === null) ? value : value.map((inner) => coloured(inner, colour));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, coloured(inner, colour)]));
  return value;
}

/** What plotly would read as markup stays text. */
export const inert = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;");

/** A trace with its colours; its data are no tokens, and its words no markup. */
export function dressed(trace, colour) {
  const words = (values) => (Array.isArray(values) && values.some((v) => typeof v === "string") ? values.map((v) => (typeof v === "string" ? inert(v) : v)) : values);
  return Object.fromEntries(Object.entries(trace).map(([key, value]) => [key, DATA.has(key) ? words(value) : coloured(value, colour)]));
}

/** `base` with what `more` says otherwise, however deep. */
export function merged(base, more) {
  const plain = (value) => value && typeof value === "object" && !Array.isArray(value);
  const out = { ...base };
  for (const [key, value] of Object.entries(more)) out[key] = plain(value) && plain(out[key]) ? merged(out[key], value) : value;
  return out;
}
