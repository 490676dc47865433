-- Events as typed rows, one table a kind, in partitions of a UTC day of ts_recv (made by fbkit.store.postgres.days).
-- This file does not change again: later schemas are steps from here.

CREATE TABLE trades (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    venue_id BIGINT,
    price DOUBLE PRECISION,
    size DOUBLE PRECISION,
    instrument INTEGER,
    side SMALLINT,
    origin SMALLINT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX trades_time ON trades (instrument, ts_event);

CREATE TABLE quotes (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    venue_id BIGINT,
    bid DOUBLE PRECISION,
    bid_size DOUBLE PRECISION,
    ask DOUBLE PRECISION,
    ask_size DOUBLE PRECISION,
    depth_bid DOUBLE PRECISION,
    depth_ask DOUBLE PRECISION,
    instrument INTEGER,
    levels INTEGER,
    origin SMALLINT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX quotes_time ON quotes (instrument, ts_event);

CREATE TABLE marks (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    mark DOUBLE PRECISION,
    index DOUBLE PRECISION,
    funding_rate DOUBLE PRECISION,
    funding_hours DOUBLE PRECISION,
    ts_funding BIGINT,
    instrument INTEGER,
    origin SMALLINT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX marks_time ON marks (instrument, ts_event);

CREATE TABLE funding (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    rate DOUBLE PRECISION,
    funding_hours DOUBLE PRECISION,
    mark DOUBLE PRECISION,
    instrument INTEGER,
    origin SMALLINT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX funding_time ON funding (instrument, ts_event);

CREATE TABLE open_interest (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    oi_base DOUBLE PRECISION,
    oi_usd DOUBLE PRECISION,
    instrument INTEGER,
    origin SMALLINT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX open_interest_time ON open_interest (instrument, ts_event);

CREATE TABLE liquidations (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    price DOUBLE PRECISION,
    size DOUBLE PRECISION,
    instrument INTEGER,
    origin SMALLINT,
    liquidated TEXT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX liquidations_time ON liquidations (instrument, ts_event);

CREATE TABLE ratios (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    value DOUBLE PRECISION,
    period_s BIGINT,
    instrument INTEGER,
    origin SMALLINT,
    ratio_kind TEXT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX ratios_time ON ratios (instrument, ts_event);

CREATE TABLE days (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    last DOUBLE PRECISION,
    change DOUBLE PRECISION,
    vol_base DOUBLE PRECISION,
    vol_usd DOUBLE PRECISION,
    n_trades BIGINT,
    instrument INTEGER,
    origin SMALLINT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX days_time ON days (instrument, ts_event);

CREATE TABLE venue_bars (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    open DOUBLE PRECISION,
    high DOUBLE PRECISION,
    low DOUBLE PRECISION,
    close DOUBLE PRECISION,
    vol_base DOUBLE PRECISION,
    vol_usd DOUBLE PRECISION,
    buy_usd DOUBLE PRECISION,
    n_trades BIGINT,
    instrument INTEGER,
    origin SMALLINT,
    tf TEXT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX venue_bars_time ON venue_bars (instrument, ts_event);

CREATE TABLE listings (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    contract_size DOUBLE PRECISION,
    unit_mult DOUBLE PRECISION,
    tick DOUBLE PRECISION,
    step DOUBLE PRECISION,
    expiry BIGINT,
    instrument INTEGER,
    inverse SMALLINT,
    assumed SMALLINT,
    origin SMALLINT,
    venue_symbol TEXT,
    base TEXT,
    quote TEXT,
    settle TEXT,
    status TEXT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX listings_time ON listings (instrument, ts_event);

CREATE TABLE gap_events (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    gap_id BIGINT,
    t0 BIGINT,
    t1 BIGINT,
    missing BIGINT,
    instrument INTEGER,
    origin SMALLINT,
    venue TEXT,
    channel TEXT,
    phase TEXT,
    cause TEXT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX gap_events_time ON gap_events (instrument, ts_event);

CREATE TABLE settings (
    seq BIGINT NOT NULL,
    ts_event BIGINT,
    ts_recv BIGINT NOT NULL,
    instrument INTEGER,
    origin SMALLINT,
    key TEXT,
    value TEXT,
    PRIMARY KEY (seq, ts_recv)
) PARTITION BY RANGE (ts_recv);

CREATE INDEX settings_time ON settings (instrument, ts_event);
