// The columns of the market table: where each stands, what it shows, and from which width on.
// kind says how a cell is painted (table_cells.js); field is where its number comes from, live or of the closed bar.

/** z names the judged column. `fourth` is funding from 1h up, where it is judged at all (metrics reference 14), and
    taker imbalance below; `fifth` is taker imbalance from 1h up and premium, which no venue gives history of, below. */
export const COLUMNS = [
  { key: "name", group: "", head: "Instrument", width: 178, kind: "name", phone: 106 },
  { key: "last", group: "Price", head: "Last", width: 88, kind: "price", field: "last", phone: 78, about: "Last trade, in the quote asset" },
  { key: "ret", group: "Price", head: "Ret %", width: 60, kind: "change", field: "ret", closed: true, about: "ln return of the last closed bar, per cent" },
  { key: "spark", group: "Price", head: "24 h", width: 88, kind: "spark", phone: 56, about: "Closes of the last 24 hours" },
  { key: "day", group: "Price", head: "24 h %", width: 64, kind: "change", field: "day_change", wide: 1, about: "Change in 24 hours as the venue states it, per cent" },
  { key: "vol", group: "Flow, USD", head: "Volume", width: 70, kind: "money", field: "vol_usd", closed: true, about: "Traded in the last closed bar, USD" },
  { key: "delta", group: "Flow, USD", head: "Delta, taker", width: 122, kind: "delta", field: "delta", closed: true, about: "Taker buys minus taker sells of the last closed bar, USD; the bar is full at an imbalance of 0.5" },
  { key: "dayvol", group: "Flow, USD", head: "Vol 24 h", width: 74, kind: "money", field: "day_vol_usd", wide: 1, about: "Traded in 24 hours as the venue states it, USD" },
  { key: "oi", group: "Open interest, USD", head: "OI", width: 74, kind: "money", field: "oi_usd", about: "Open interest, one side counted, at the mark price, USD" },
  { key: "doi", group: "Open interest, USD", head: "\u0394OI %", width: 62, kind: "plain", field: "oi_dlog", closed: true, about: "ln change of open interest in coins over the last closed bar, per cent" },
  { key: "funding", group: "Carry, stress", head: "Fund 8h %", width: 76, kind: "funding", field: "funding_8h", about: "Predicted funding per 8 hours, per cent; above zero, longs pay shorts" },
  { key: "premium", group: "Carry, stress", head: "Prem bp", width: 66, kind: "bp", field: "premium", closed: true, wide: 2, about: "Mark above index at the bar's close, basis points" },
  { key: "liq", group: "Carry, stress", head: "Liq S\u2212L", width: 74, kind: "signedmoney", field: "liq_net", closed: true, about: "Shorts minus longs liquidated in the last closed bar, USD, at least: venues sample" },
  { key: "z_ret", group: "Z", head: "Return", width: 64, kind: "z", z: "ret", phone: 50 },
  { key: "z_ln_vol", group: "Z", head: "Volume", width: 64, kind: "z", z: "ln_vol", phone: 50 },
  { key: "z_oi_dlog", group: "Z", head: "\u0394OI", width: 64, kind: "z", z: "oi_dlog", phone: 50 },
  { key: "z_fourth", group: "Z", head: "", width: 64, kind: "z", z: "fourth" },
  { key: "z_fifth", group: "Z", head: "", width: 64, kind: "z", z: "fifth", wide: 1 },
];

/** What the numbers judged by each Z are, for the tooltip. */
export const JUDGED = {
  ret: ["return", "ret", "percent"],
  ln_vol: ["volume", "vol_usd", "money"],
  oi_dlog: ["change of open interest", "oi_dlog", "percent"],
  premium: ["premium", "premium", "bp"],
  funding_8h: ["funding", "funding_8h", "funding"],
  taker_imb: ["taker imbalance", "taker_imb", "share"],
};

export const REASONS = ["", "warmup", "zero_var", "gap", "stale", "unsupported", "waiting"];

const SLOW = ["1h", "4h", "1d"];
const NAMES = { funding_8h: "Fund", taker_imb: "Taker", premium: "Premium" };

/** Which judged column stands behind a Z column on this timeframe. */
export function judged(column, tf) {
  if (column.z === "fourth") return SLOW.includes(tf) ? "funding_8h" : "taker_imb";
  if (column.z === "fifth") return SLOW.includes(tf) ? "taker_imb" : "premium";
  return column.z;
}

/** What stands over a column. */
export const headOf = (column, tf) => column.head || NAMES[judged(column, tf)];

// Which columns give way first where there is little room; their cells are never cut.
const FOLD = ["liq", "doi", "funding", "z_fourth", "spark", "vol", "oi", "ret", "delta"];
const TIGHTEST = 0.92;

/** The columns that fit: all basic ones, more on large screens, fewer in a narrow panel, the few of the phone. */
export function columnsFor(width) {
  if (width <= 560) return COLUMNS.filter((c) => c.phone);
  const level = width >= 1480 ? 2 : width >= 1340 ? 1 : 0;
  let shown = COLUMNS.filter((c) => (c.wide || 0) <= level);
  for (const key of FOLD) {
    if (shown.reduce((sum, c) => sum + c.width, 0) * TIGHTEST <= width) break;
    shown = shown.filter((c) => c.key !== key);
  }
  return shown;
}
