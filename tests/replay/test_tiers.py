"""Every tier of alerts from the simulated venues' wire to the store, and verified there.

The rules are the default ones made impatient: a simulated market that spoke at tier 5 within minutes would cry wolf.
"""

from __future__ import annotations

import msgspec
import pytest

from fbkit.alerts import Rule
from fbkit.alerts.load import dump
from fbkit.alerts.rule import TIER_1, TIER_2, TIER_3, TIER_4, TIER_5, TIER_6, Also
from fbkit.ingest.demo import run_demo
from fbkit.model import AlertRow
from fbkit.quant.confluence import Condition
from fbkit.settings import load_settings
from fbkit.store import open_store
from tests.replay.conftest import Check, url_of

VENUES = ("binance", "bybit", "okx")

#: Crowd and book alone, a little on one side.
LEANING = (Condition("ln_ls_acct_global", 0.01), Condition("obi_5", 0.01))

IMPATIENT: tuple[Rule, ...] = (
    TIER_1,
    msgspec.structs.replace(TIER_2, conditions=LEANING),
    msgspec.structs.replace(
        TIER_3, conditions=LEANING, also=(Also("delta", "at_least", 0.0), Also("oi_dlog", "size", 1e-6))
    ),
    msgspec.structs.replace(TIER_4, conditions=(Condition("funding_8h", 1e-6),)),
    msgspec.structs.replace(TIER_5, window=3, floor_bp=0.01),
    msgspec.structs.replace(TIER_6, coins=2),
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("tiers")
    (folder / "rules.toml").write_text(dump(IMPATIENT), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FBKIT_HOME", str(folder))
        settings = load_settings(seed=7, instruments=3, backfill_hours=6, rules=folder / "rules.toml")
        run_demo(url_of(folder / "made.db"), settings, seconds=380, venues=VENUES)
    return url_of(folder / "made.db")


def test_each_tier_comes_from_the_wire_to_the_store_with_its_sentence(url: str) -> None:
    with open_store(url) as store:
        told = {tier: [row for row in store.row_structs(AlertRow) if row.tier == tier] for tier in range(1, 7)}
    assert all(told.values()), {tier: len(rows) for tier, rows in told.items()}
    begins = {2: "Confluence, ", 3: "Confirmed, ", 4: "Funding, ", 6: "Cluster, "}
    for tier, begin in begins.items():
        assert all(row.sentence.startswith(begin) for row in told[tier])
    for row in told[5]:
        venue, _, symbol = row.instrument.partition(":")
        assert row.sentence.startswith(f"{symbol.partition('-')[0]} at {venue}: mark ")
        assert "bp from the median of 3 contracts" in row.sentence
        assert len(msgspec.json.decode(row.inputs)["venues"]) == 3


def test_all_of_it_is_verified(url: str, check: Check) -> None:
    found = check(url)
    assert found.is_same, found.differences[:3]
    assert not found.unverified
    with open_store(url) as store:
        assert found.compared["alerts"].rows == store.table_counts()["alerts"] > 20
