"""Recordings of every container, whole and damaged."""

import gzip
import json

import pytest
import zstandard

from fbkit.errors import DamagedRecording, UnknownName
from fbkit.feeds.recorded import open_recording, replay_frames
from fbkit.model import Control, Listing, Quote, Trade

T0 = 1_723_161_255_000_000_000


def trade(number, symbol="BTCUSDT"):
    body = {
        "e": "aggTrade",
        "a": number,
        "s": symbol,
        "p": "61800.30",
        "q": "0.006",
        "T": 1_723_161_256_000,
        "m": False,
    }
    return json.dumps({"stream": f"{symbol.lower()}@aggTrade", "data": body})


def hft(*rows):
    return "".join(f"{ts} {payload}\n\n" for ts, payload in rows).encode()


@pytest.fixture
def write(tmp_path):
    def make(name, data):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return make


def ids(path):
    return [item.venue_id for _, _, items in replay_frames(path) for item in items if isinstance(item, Trade)]


PACKED = {"plain": bytes, "gz": gzip.compress, "zst": lambda data: zstandard.ZstdCompressor().compress(data)}


@pytest.mark.parametrize("pack", PACKED)
def test_lines_of_hftbacktest_are_frames_however_packed(write, pack):
    path = write(f"x.{pack}", PACKED[pack](hft((T0, trade(1)), (T0 + 5, trade(2)))))
    recording = open_recording(path)
    assert (recording.venue, recording.container) == ("binance", "hftbacktest")
    assert [frame.ts_recv for frame in recording.frames()] == [T0, T0 + 5]
    assert ids(path) == [1, 2]


def test_who_is_met_is_listed_first_and_assumed(write):
    path = write("x.txt", hft((T0, trade(1)), (T0 + 1, trade(2)), (T0 + 2, trade(3, "1000PEPEUSDT"))))
    items = [item for _, _, items in replay_frames(path) for item in items]
    assert [type(item) for item in items] == [Listing, Trade, Trade, Listing, Trade]
    assert items[0].assumed
    assert items[3].instrument == items[4].instrument == "binance:PEPE-USDT-PERP"
    assert items[4].price == 61_800.3 / 1000


def cryptofeed(*rows):
    return "".join(json.dumps(row) + "\n\n" for row in rows).encode()


HEADER = {"t": "header", "format": 2, "exchange": "BINANCE_FUTURES"}


def test_cryptofeed_is_sorted_by_its_instants_and_its_pages_know_the_units(write, load):
    def http(ts, path, name):
        url = f"https://fapi.binance.com{path}"
        return {"t": "http", "conn": "http.0", "ts": ts, "url": url, "data": load(f"binance/{name}.json").decode()}

    rows = [
        HEADER,
        http(1_626_992_740.1, "/fapi/v1/exchangeInfo", "rest_exchange_info"),
        http(1_626_992_742.1, "/fapi/v1/depth?symbol=BTCUSDT&limit=1000", "rest_depth"),
        {"t": "connect", "conn": "ws.1", "ts": 1_626_992_740.2, "addr": "wss://…"},
        {"t": "send", "conn": "ws.1", "ts": 1_626_992_740.3, "data": "{}"},
        {"t": "recv", "conn": "ws.1", "ts": 1_626_992_741.06217, "data": load("binance/ws_depth_diff.json").decode()},
        {"t": "recv", "conn": "ws.1", "ts": 1_626_992_743.0, "data": trade(9)},
    ]
    path = write("cryptofeed_BINANCE_FUTURES.jsonl", cryptofeed(*rows))
    recording = open_recording(path)
    assert (recording.venue, recording.container) == ("binance", "cryptofeed")
    frames = list(replay_frames(recording))
    assert [ts for ts, _, _ in frames] == sorted(ts for ts, _, _ in frames)
    assert frames[1][0] == 1_626_992_741_062_170_000
    assert recording.held == 0
    items = [item for _, _, items in frames for item in items]
    assert type(items[0]) is Control
    assert type(items[1]) is Listing
    [listing] = [item for item in items if isinstance(item, Listing)]
    assert (listing.assumed, listing.tick, listing.ts_event) == (False, 0.1, frames[1][0])
    [quote] = [item for item in items if isinstance(item, Quote)]
    assert (quote.bid_size, quote.levels) == (7.0, 5)


def test_lines_of_raw_messages_carry_their_venue(write):
    rows = [{"venue": "binance_usdm", "raw": trade(1)}, {"venue": "bybit_linear", "raw": "{}"}, {"raw": trade(2)}]
    path = write("frames.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    seen = [(venue, type(items[-1]).__name__) for _, venue, items in replay_frames(path)]
    assert seen == [("binance", "Trade"), ("bybit", "Rejected"), ("binance", "Trade")]


def test_a_clock_that_goes_back_is_held_and_said(write, caplog):
    path = write("x.txt", hft((T0 + 9, trade(1)), (T0, trade(2)), (T0 + 20, trade(3))))
    recording = open_recording(path)
    assert [ts for ts, _, _ in replay_frames(recording)] == [T0 + 9, T0 + 9, T0 + 20]
    assert (recording.held, recording.held_ns) == (1, 9)
    assert "went back 1 times" in caplog.text


def test_a_recording_reads_again_from_its_beginning(write):
    recording = open_recording(write("x.txt", hft((T0, trade(1)), (T0 + 1, trade(2)))))
    assert ids(recording) == ids(recording) == [1, 2]


def read_until_damage(path):
    got = []
    frames = replay_frames(path)
    try:
        for _, _, items in frames:
            got += [item.venue_id for item in items if isinstance(item, Trade)]
    except DamagedRecording as damage:
        return got, damage
    return pytest.fail("nobody said that it is damaged")


@pytest.mark.faults
@pytest.mark.parametrize("junk", [b"\x00\xff\n", b"17231 {}\n", b"hello\n", b'1723161255000000009 {"e":'])
def test_what_came_before_the_damage_is_delivered(write, junk):
    got, damage = read_until_damage(write("x.txt", hft((T0, trade(1)), (T0 + 1, trade(2))) + junk))
    assert got == [1, 2]
    assert damage.line == 4
    assert str(damage.path).endswith("x.txt")
    assert "what came before it was kept" in str(damage)


@pytest.mark.faults
def test_a_gz_cut_in_half_gives_its_first_half(write):
    whole = gzip.compress(hft(*((T0 + n, trade(n)) for n in range(5000))))
    got, damage = read_until_damage(write("x.gz", whole[: len(whole) // 2]))
    assert got == list(range(len(got)))
    assert 1000 < len(got) < 4000
    assert damage.line > len(got)


@pytest.mark.faults
def test_a_flipped_bit_in_a_zst_ends_it(write):
    data = bytearray(
        zstandard.ZstdCompressor(write_checksum=True).compress(hft(*((T0 + n, trade(n)) for n in range(900))))
    )
    data[len(data) // 2] ^= 0x10
    _, damage = read_until_damage(write("x.zst", bytes(data)))
    assert damage.why


@pytest.mark.faults
def test_a_damaged_cryptofeed_gives_what_it_had(write):
    row = {"t": "recv", "conn": "ws.1", "ts": 1_626_992_743.0, "data": trade(9)}
    got, damage = read_until_damage(write("x.jsonl", cryptofeed(HEADER, row) + b'{"t":"re'))
    assert got == [9]
    assert damage.line == 4


@pytest.mark.faults
@pytest.mark.parametrize("data", [b"", b"\n\n", b"symbol,price\nBTC,1\n", b"\x1f\x8b", b"{}\n", b"---\nyaml: 1\n"])
def test_what_is_no_recording_is_said_to_be_none(write, data):
    with pytest.raises(DamagedRecording):
        list(replay_frames(write("x", data)))


@pytest.mark.faults
def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path):
    with pytest.raises(DamagedRecording, match="no such file"):
        open_recording(tmp_path / "nothing.gz")
    with pytest.raises(DamagedRecording, match="without captures"):
        open_recording(tmp_path)


def test_a_venue_without_a_room_is_named(write):
    path = write("okx.jsonl", b'{"raw": "{}", "exchange": "KRAKEN_FUTURES"}\n')
    with pytest.raises(UnknownName, match="kraken_futures"):
        list(replay_frames(path))


def test_a_broken_book_is_told_to_whoever_listens(write, load):
    diff = load("binance/ws_depth_diff.json").decode()
    later = diff.replace('"U":101,"u":105,"pu":100', '"U":110,"u":115,"pu":109')
    snapshot = load("binance/rest_depth.json").decode()
    newer = snapshot.replace('"lastUpdateId":103', '"lastUpdateId":112')
    path = write("x.txt", hft((T0, diff), (T0 + 1, snapshot), (T0 + 2, later), (T0 + 3, newer)))
    broken, mended = [], []
    list(replay_frames(path, broken.append, mended.append))
    [only] = broken
    assert only[:4] == ("binance", "binance:BTC-USDT-PERP", "depth", T0 + 2)
    assert "105" in only.sentence
    assert mended == [("binance", "binance:BTC-USDT-PERP", "depth", T0 + 3)]


def test_a_channel_in_doubt_is_read_the_way_that_is_asked_for(write):
    page = '{"symbol":"BTCUSDT","openInterest":"8","time":1723161256000}'
    path = write("x.txt", hft((T0, trade(1)), (T0 + 1, page)))
    ways = (frozenset(), frozenset({"open_interest"}))
    assert [
        [items for *_, items in replay_frames(path, flipped=lambda _, way=way: way)][-1][0].oi_base for way in ways
    ] == [
        8.0,
        4.0,
    ]


def test_rows_may_name_their_venues(write):
    rows = [{"raw": trade(1), "venue": "binance"}, {"raw": '{"channel":"bbo"}', "venue": "hyperliquid"}]
    path = write("x.jsonl", "".join(json.dumps(row) + "\n" for row in rows).encode())
    assert [venue for _, venue, _ in replay_frames(path)] == ["binance", "hyperliquid"]
