"""Every reason that can be told is in the table, and every reason of the table can be told."""

import ast
import itertools
from pathlib import Path

import pytest

import fbkit
from fbkit.errors import FbkitError, StoreBusy, StoreFull
from fbkit.health import CODES, Health, whole
from fbkit.health.codes import as_markdown
from fbkit.health.standing import unreachable
from fbkit.model import NS_S, AccountRow, HealthRow

SOURCE = Path(fbkit.__file__).parent

#: Calls that give a reason, and which of their arguments it is.
GIVERS = {"Verdict": 1, "trouble": 2, "begin": 2, "_say": 1, "Reason": 3, "Code": None}

#: Of these words of the same name none is a reason.
OTHERS = {"engine", "store", "alerts", "simulator", "reports", "continuity", "quant"}


def literals_given():
    """Every reason that stands in the source as a text, and where."""
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] in OTHERS or path.name == "codes.py":
            continue
        for call in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            place = GIVERS.get(name)
            if place is not None and len(call.args) > place:
                for node in ast.walk(call.args[place]):
                    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                        yield path.name, name, node.value


def test_every_reason_that_stands_in_the_source_is_in_the_table():
    found = list(literals_given())
    assert len(found) > 20
    unknown = [one for one in found if one[2] not in CODES]
    assert unknown == []


def test_causes_of_a_link_are_in_the_table():
    tree = ast.parse((SOURCE / "feeds" / "link.py").read_text("utf-8"))
    causes = {"disconnect", "stalled", "refused"}
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert causes <= texts
    assert causes <= CODES.keys()


def health_of(*told):
    health = Health()
    health.heard("binance", "trade", 0)
    for tell in told:
        tell(health)
    return health


def troubled(reason, venue="binance", channel="trade"):
    return lambda: health_of(lambda health: health.trouble(venue, channel, reason, "Told.")).judge(0).streams


def judged(**given):
    return lambda: health_of().judge(0, **given).streams


def quarantined():
    health = health_of()
    for second, bad in ((0, 0), (1, 50)):
        account = AccountRow(1, "binance", "trade", 1000 + 100 * second, stored=1000 + 50 * second, quarantined=bad)
        found = health.judge(second * NS_S, accounts=[account])
    return found.streams


def reasons_of(whole_):
    return [HealthRow(0, one.venue, one.channel, one.state, one.code, one.sentence) for one in whole_.reasons]


#: How each reason comes about.
GIVEN = {
    "stale": lambda: health_of().judge(5 * NS_S).streams,
    **{
        cause: lambda cause=cause: health_of(lambda h: h.gap_opened("binance", "trade", cause)).judge(0).streams
        for cause in ("stalled", "disconnect", "refused")
    },
    **{reason: troubled(reason) for reason in ("rest", "sequence", "multiplier")},
    **{
        reason: troubled(reason, "", "part")
        for reason in ("spilling", "disk_low", "wal", "budget", "upkeep", "corrupt", "failed", "rules", "webhook")
    },
    "quarantine": quarantined,
    "clock_skew": judged(skews={"binance": 3 * NS_S}),
    "loss": lambda: health_of(lambda health: health.lost(0, 3)).judge(0).streams,
    "queue": judged(queue_share=0.6),
    "locked": judged(trouble=StoreBusy("x.db", "locked", "kept")),
    "disk_full": judged(trouble=StoreFull("x.db", "no room", "kept")),
    "store": judged(trouble=OSError("broken")),
    "unbalanced": judged(accounts=[AccountRow(1, "binance", "trade", 5)]),
    "history": judged(history=(1, 2)),
    "no_collector": lambda: reasons_of(whole([], "no collector runs")),
    "starting": lambda: reasons_of(whole([])),
    "unreachable": lambda: reasons_of(unreachable(FbkitError("no such file")).whole),
}


def test_every_reason_of_the_table_has_its_way():
    assert GIVEN.keys() == CODES.keys()


@pytest.mark.parametrize("code", CODES)
def test_every_reason_of_the_table_can_be_told_with_a_state_it_names(code):
    (row,) = (row for row in GIVEN[code]() if row.reason == code)
    assert row.state in CODES[code].states
    assert row.sentence


def test_every_reason_says_what_it_means_and_what_to_do_in_sentences():
    for one in CODES.values():
        assert one.means.endswith("."), one.code
        assert one.then.endswith("."), one.code
    assert len(set(itertools.chain.from_iterable(one.states for one in CODES.values()))) == 3


def test_the_page_of_reasons_is_made_from_the_table():
    page = Path(__file__).parents[2] / "docs" / "reference" / "health.md"
    assert as_markdown() in page.read_text("utf-8")
