"""A collector that runs keeps its size and archives when it is asked, and every hour where it has a budget."""

from __future__ import annotations

import asyncio

import pytest

from fbkit.hub import call
from fbkit.ingest import upkeep
from fbkit.ingest.retention import Limits
from fbkit.model import NS_DAY
from fbkit.runtime import database_url, find_runtime, runtime_path
from fbkit.settings import load_settings
from fbkit.store import open_store
from fbkit.store.archive.removed import removed_before
from tests.ingest.test_collector import ScriptedFeed, made, steady, until


async def test_asked_over_the_hub_it_answers_what_went_and_what_stayed() -> None:
    settings = load_settings(cadence_ms=0)
    collector = made(settings, ScriptedFeed(steady))
    running = asyncio.create_task(collector.run())
    path = runtime_path(settings, database_url(settings))
    await until(lambda: find_runtime(path) is not None and collector.stored > 50)
    done = await call(path, "maintain", max_mb=1000)
    assert (done["going"], done["within"], done["dry_run"]) == ([], True, False)
    archived = await call(path, "archive", before=collector.clock.now() - NS_DAY)
    assert archived["events"] == 0
    assert "first checkpoint" in archived["sentence"]
    collector.stop()
    accounts = await running
    assert all(one.balances and not one.in_flight for one in accounts)


async def test_what_goes_is_stored_as_a_setting_by_the_pipeline_before_it_goes() -> None:
    settings = load_settings(cadence_ms=0)
    collector = made(settings, ScriptedFeed(steady))
    running = asyncio.create_task(collector.run())
    await until(lambda: collector.stored > 50)
    await collector.upkeep._record("retention", '{"events": 7}')
    with open_store(database_url(settings)) as store:
        assert removed_before(store) == {"events": 7}
    collector.stop()
    await running


async def test_a_budget_is_looked_after_by_itself_and_a_size_too_large_is_told_as_health(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(upkeep, "EVERY_S", 0.05)
    settings = load_settings(cadence_ms=0, max_mb=1)
    collector = made(settings, ScriptedFeed(steady))
    told: list[tuple[str, ...]] = []
    monkeypatch.setattr(collector.health, "trouble", lambda *what: told.append(what))
    monkeypatch.setattr(upkeep, "limits_of", lambda _settings, now, _max_mb: Limits(now, max_bytes=1))
    running = asyncio.create_task(collector.run())
    await until(lambda: any(one[1] == "size" for one in told))
    collector.stop()
    await running
    sentence = next(one[3] for one in told if one[1] == "size")
    assert "more than max_mb" in sentence
