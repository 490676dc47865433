// The columns of the market table: where each stands, what it shows, and which fit into how much room.
// kind says how a cell is painted (table_cells.js); field is where its number comes from, live or of the closed bar;
// of, where it is made of several.

const mid = (sheet, row) => (sheet.live("ask", row) + sheet.live("bid", row)) / 2;
const factor = (field) => (sheet, row) => Math.exp(sheet.closed(field, row));
const bias = (sheet, row) => sheet.closed("score_long", row) - sheet.closed("score_short", row);

/** z names the judged column. `fourth` is funding from 1h up, where it is judged at all (metrics reference 14), and
    taker imbalance below; `fifth` is taker imbalance from 1h up and premium, which no venue gives history of, below. */
export const COLUMNS = [
  { key: "name", group: "", head: "Instrument", width: 178, kind: "name", phone: 106 },
  { key: "last", group: "Price", head: "Last", width: 88, kind: "price", field: "last", phone: 78, about: "Last trade, in the quote asset" },
  { key: "ret", group: "Price", head: "Ret %", width: 60, kind: "change", field: "ret", closed: true, about: "ln return of the last closed bar, per cent" },
  { key: "spark", group: "Price", head: "24 h", width: 88, kind: "spark", phone: 56, about: "Closes of the last 24 hours" },
  { key: "day", group: "Price", head: "24 h %", width: 64, kind: "change", field: "day_change", about: "Change in 24 hours as the venue states it, per cent" },
  { key: "spread", group: "Price", head: "Spread bp", width: 68, kind: "small", field: "bid", of: (sheet, row) => ((sheet.live("ask", row) - sheet.live("bid", row)) / mid(sheet, row)) * 1e4, about: "Best ask minus best bid over their middle, basis points" },
  { key: "mark", group: "Price", head: "Mark", width: 88, kind: "marked", field: "mark", about: "Mark price, in the quote asset" },
  { key: "vol", group: "Flow, USD", head: "Volume", width: 70, kind: "money", field: "vol_usd", closed: true, about: "Traded in the last closed bar, USD" },
  { key: "delta", group: "Flow, USD", head: "Delta, taker", width: 122, kind: "delta", field: "delta", closed: true, about: "Taker buys minus taker sells of the last closed bar, USD; the bar is full at an imbalance of 0.5" },
  { key: "dayvol", group: "Flow, USD", head: "Vol 24 h", width: 74, kind: "money", field: "day_vol_usd", about: "Traded in 24 hours as the venue states it, USD" },
  { key: "trades", group: "Flow, USD", head: "Trades", width: 66, kind: "count", field: "n_trades", closed: true, about: "Trades of the last closed bar, as the venue counts them on this stream" },
  { key: "oi", group: "Open interest, USD", head: "OI", width: 74, kind: "money", field: "oi_usd", about: "Open interest, one side counted, at the mark price, USD" },
  { key: "doi", group: "Open interest, USD", head: "\u0394OI %", width: 62, kind: "plain", field: "oi_dlog", closed: true, about: "ln change of open interest in coins over the last closed bar, per cent" },
  { key: "share", group: "Open interest, USD", head: "Share %", width: 64, kind: "share", field: "oi_usd", of: (sheet, row) => sheet.share(row), about: "Of this coin's open interest over the rows whose prices are fresh, per cent" },
  { key: "funding", group: "Carry, stress", head: "Fund 8h %", width: 76, kind: "funding", field: "funding_8h", about: "Predicted funding per 8 hours, per cent; above zero, longs pay shorts" },
  { key: "premium", group: "Carry, stress", head: "Prem bp", width: 66, kind: "bp", field: "premium", closed: true, about: "Mark above index at the bar's close, basis points" },
  { key: "liq", group: "Carry, stress", head: "Liq S\u2212L", width: 74, kind: "signedmoney", field: "liq_net", closed: true, about: "Shorts minus longs liquidated in the last closed bar, USD, at least: venues sample" },
  { key: "bias", group: "Readings", head: "Bias", width: 74, kind: "bias", field: "score_long", closed: true, of: bias, about: "Confluence of the last closed bar: the side with more weight met, and its share of the weight, per cent" },
  { key: "rsi", group: "Readings", head: "RSI 14", width: 56, kind: "small", field: "rsi_14", closed: true, about: "Wilder's RSI over 14 bars, 0 to 100" },
  { key: "accounts", group: "Readings", head: "Accts L/S", width: 66, kind: "ratio", field: "ln_ls_acct_global", closed: true, of: factor("ln_ls_acct_global"), about: "Accounts that are long over those that are short, all traders, at the bar's close" },
  { key: "positions", group: "Readings", head: "Top L/S", width: 62, kind: "ratio", field: "ln_ls_pos_top", closed: true, of: factor("ln_ls_pos_top"), about: "Positions long over short of the top 20 % of traders, at the bar's close" },
  { key: "book", group: "Readings", head: "Book", width: 54, kind: "imbalance", field: "obi_5", closed: true, about: "Book imbalance over 5 levels at the bar's close, \u22121 to 1; above zero, bids outweigh" },
  { key: "coverage", group: "Readings", head: "Cover %", width: 62, kind: "share", field: "coverage", closed: true, about: "Share of the last closed bar that lies in no gap of trades, per cent" },
  { key: "z_ret", group: "Z", head: "Return", width: 64, kind: "z", z: "ret", phone: 50 },
  { key: "z_ln_vol", group: "Z", head: "Volume", width: 64, kind: "z", z: "ln_vol", phone: 50 },
  { key: "z_oi_dlog", group: "Z", head: "\u0394OI", width: 64, kind: "z", z: "oi_dlog", phone: 50 },
  { key: "z_fourth", group: "Z", head: "", width: 64, kind: "z", z: "fourth" },
  { key: "z_fifth", group: "Z", head: "", width: 64, kind: "z", z: "fifth" },
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

/** The name of a column in the menu, where heads alone would be told apart by their group. */
export const titleOf = (column, tf) => (column.kind === "z" ? "Z of " : "") + headOf(column, tf);

// Which columns give way first where there is little room; their cells are never cut.
const FOLD = ["liq", "doi", "funding", "z_fourth", "spark", "vol", "oi", "ret", "delta"];
const TIGHTEST = 0.92;

// Which columns come as room grows, unless a viewer says otherwise.
const GROW = ["day", "dayvol", "z_fifth", "premium", "bias", "spread", "share", "rsi", "mark", "trades", "coverage", "accounts", "positions", "book"];

/** Whether a viewer who chose nothing finds a column here as soon as there is room. */
export const isUsual = (column) => !GROW.includes(column.key);

const widthOf = (columns) => columns.reduce((sum, c) => sum + c.width, 0);

/** The columns that fit, in their order. `chosen` says true or false by key; what is not chosen gives way first. */
export function columnsFor(width, chosen = {}) {
  if (width <= 560) return COLUMNS.filter((c) => c.phone);
  let shown = COLUMNS.filter((c) => c.kind === "name" || (chosen[c.key] ?? isUsual(c)));
  const picked = shown.filter((c) => chosen[c.key]).map((c) => c.key);
  for (const key of [...FOLD.filter((one) => !chosen[one]), ...picked.reverse()]) {
    if (widthOf(shown) * TIGHTEST <= width) break;
    shown = shown.filter((c) => c.key !== key);
  }
  const more = new Set(shown);
  for (const key of GROW) {
    const column = COLUMNS.find((c) => c.key === key);
    if (chosen[key] === undefined && widthOf([...more, column]) <= width) more.add(column);
  }
  return COLUMNS.filter((c) => more.has(c));
}
