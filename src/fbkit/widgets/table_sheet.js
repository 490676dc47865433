// The numbers behind the table, as they lie in the traits' buffers: rows of instruments, columns by name.

import { marketNow, token } from "./dom.js";
import { JUDGED, REASONS } from "./table_columns.js";

const UNSUPPORTED = REASONS.indexOf("unsupported");

const view = (Kind, data) => (data && data.byteLength ? new Kind(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)) : new Kind(0));

export class Sheet {
  constructor(model, el) {
    this.model = model;
    this.el = el;
    this.sparkStamp = 0;
    this.themeStamp = 0;
    this.glowing = new Set();
    this.sharedAt = null;
    this.read();
  }

  /** Take over every trait: at the start, and when the set of instruments changes. */
  read() {
    const get = (name) => this.model.get(name);
    this.instruments = get("instruments");
    this.doubts = get("doubts");
    this.lacks = get("lacks");
    this.liveAt = Object.fromEntries(get("live_fields").map((f, i) => [f, i]));
    this.closedAt = Object.fromEntries(get("closed_fields").map((f, i) => [f, i]));
    this.liveWidth = get("live_fields").length;
    this.closedWidth = get("closed_fields").length;
    this.windows = get("closed_fields").filter((f) => f.startsWith("z_ret_")).map((f) => Number(f.slice(6)));
    this.readLive();
    this.readClosed();
    this.readSparks();
    this.readColours();
    this.settings();
  }

  settings() {
    this.tf = this.model.get("tf");
    this.window = this.model.get("window");
    this.kind = this.model.get("kind");
    this.staleAfter = this.model.get("stale_after_s");
  }

  readLive() {
    this.liveValues = view(Float64Array, this.model.get("live"));
  }

  readClosed() {
    this.closedValues = view(Float64Array, this.model.get("closed"));
    this.reasons = view(Uint8Array, this.model.get("reasons"));
    this.counts = view(Uint16Array, this.model.get("counts"));
  }

  readSparks() {
    this.sparkValues = view(Float32Array, this.model.get("sparks"));
    this.sparkWidth = this.instruments.length ? this.sparkValues.length / this.instruments.length : 0;
    this.sparkStamp += 1;
  }

  readColours() {
    this.colours = { line: token(this.el, "ink3"), up: token(this.el, "up"), down: token(this.el, "down") };
    this.themeStamp += 1;
    this.flashMs = parseFloat(token(this.el, "flash")) || 0;
  }

  at(values, index, width, field, row) {
    const i = index[field];
    const v = i === undefined ? undefined : values[row * width + i];
    return v === undefined ? NaN : v;
  }

  live(field, row) {
    return this.at(this.liveValues, this.liveAt, this.liveWidth, field, row);
  }

  closed(field, row) {
    return this.at(this.closedValues, this.closedAt, this.closedWidth, field, row);
  }

  z(column, window, row) {
    return this.closed("z_" + column + "_" + window, row);
  }

  zReason(column, window, row) {
    if (this.lacking(JUDGED[column][1], row)) return UNSUPPORTED;
    return this.at(this.reasons, this.closedAt, this.closedWidth, "z_" + column + "_" + window, row) || 6;
  }

  zCount(column, window, row) {
    return this.at(this.counts, this.closedAt, this.closedWidth, "z_" + column + "_" + window, row) || 0;
  }

  reason(column, row) {
    if (this.lacking(column.field, row)) return UNSUPPORTED;
    if (!column.closed) return 6;
    return this.at(this.reasons, this.closedAt, this.closedWidth, column.field, row) || 6;
  }

  /** Whether there is no such number here: no feed of it, no volume told in USD, or no funding as the contract expires. */
  lacking(field, row) {
    const { venue, suffix } = this.instruments[row];
    if (field === "day_vol_usd" && Number.isFinite(this.live("day_change", row))) return true;
    return (field === "funding_8h" && Boolean(suffix)) || Boolean(this.lacks[venue]?.includes(field));
  }

  /** What a row's venue leaves open of what a field means; empty where it is certain. */
  doubt(field, row) {
    return this.doubts[this.instruments[row].venue]?.[field] || "";
  }

  /** The same for a whole column: a line each venue. */
  doubtsOf(field) {
    return Object.entries(this.doubts).flatMap(([venue, notes]) => (notes[field] ? [`In doubt at ${venue}: ${notes[field]}`] : []));
  }

  /** What a row is sorted by when names are: coin, quote and expiry first, then the venue. */
  spelling(row) {
    const { name, venue } = this.instruments[row];
    return name.slice(venue.length + 1) + ":" + venue;
  }

  /** Seconds since the instrument last spoke, by the market's clock; Infinity when it never has. */
  age(row) {
    const ts = this.live("ts_ms", row);
    return Number.isFinite(ts) ? (marketNow() - ts) / 1000 : NaN;
  }

  spark(row) {
    return this.sparkValues.subarray(row * this.sparkWidth, (row + 1) * this.sparkWidth);
  }

  /** Of its coin's open interest, the part that stands in this row, over rows that are fresh. */
  share(row) {
    if (this.sharedAt !== this.beat) this.sumUp();
    const total = this.sums.get(this.instruments[row].base);
    return this.age(row) > this.staleAfter ? NaN : this.live("oi_usd", row) / total;
  }

  // Once a beat: a total that moved with every price would repaint every venue of a coin.
  sumUp() {
    this.sharedAt = this.beat;
    this.sums = new Map();
    this.instruments.forEach(({ base }, row) => {
      const oi = this.live("oi_usd", row);
      if (Number.isFinite(oi) && !(this.age(row) > this.staleAfter)) this.sums.set(base, (this.sums.get(base) || 0) + oi);
    });
  }

  /** The loudest |Z| of a row over the columns judged on this timeframe. */
  loudest(row) {
    let loud = 0;
    for (const column of ["ret", "ln_vol", "oi_dlog", "premium", "taker_imb"]) {
      const z = Math.abs(this.z(column, this.window, row));
      if (z > loud) loud = z;
    }
    return loud;
  }
}
