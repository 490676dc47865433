// One instrument's bars by named columns, and what stands behind a Z-score.

/** Named columns of the series buffer: float64, bars by fields. */
export class Series {
  constructor(data, fields) {
    this.fields = fields;
    const values = data && data.byteLength ? new Float64Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength)) : new Float64Array(0);
    this.n = fields.length ? values.length / fields.length : 0;
    this.columns = Object.fromEntries(fields.map((f, j) => [f, Array.from({ length: this.n }, (_, i) => values[i * fields.length + j])]));
  }

  get(field) {
    return this.columns[field] || [];
  }

  at(field, i) {
    return i >= 0 && i < this.n ? this.get(field)[i] : NaN;
  }

  z(column, window) {
    return this.get(`z_${column}_${window}`);
  }

  /** What a Z-score judges: the column itself; of volume, whether anything was traded. */
  judged(column, i) {
    if (column !== "ln_vol") return this.at(column, i);
    return this.at("vol_usd", i) > 0 ? this.at("vol_usd", i) : NaN;
  }

  /** Bars of a baseline that have a value, and how much of it was covered; null where it begins before what is here. */
  baseline(column, window, i) {
    if (i < window) return null;
    let n = 0;
    let covered = 0;
    for (let k = i - window; k < i; k++) {
      n += Number.isFinite(this.judged(column, k));
      covered += this.at("coverage", k) || 0;
    }
    return { n, coverage: covered / window };
  }

  /** Smallest and largest of a column over [from, to); null where nothing is. */
  reach(values, from, to, zero) {
    let [low, high] = zero ? [0, 0] : [Infinity, -Infinity];
    for (let i = from; i < to; i++) {
      const v = values[i];
      if (v < low) low = v;
      if (v > high) high = v;
    }
    return low <= high ? [low, high] : null;
  }

  newest(values) {
    for (let i = values.length - 1; i >= 0; i--) if (Number.isFinite(values[i])) return values[i];
    return NaN;
  }

  /** The bar that holds an instant; -1 outside. */
  find(ms, length) {
    const i = this.n ? Math.floor((ms - this.get("t0_ms")[0]) / length) : -1;
    return i >= 0 && i < this.n ? i : -1;
  }
}

export const Z_LABELS = { ret: "return", ln_vol: "volume", oi_dlog: "\u0394OI", taker_imb: "delta", premium: "premium", funding_8h: "funding" };
