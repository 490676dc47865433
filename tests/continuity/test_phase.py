import pytest

from fbkit.clock import VirtualClock, iso
from fbkit.continuity import phase_log, set_phase, show_phase
from fbkit.continuity.state import open_state
from fbkit.errors import SettingError

START = 1_767_225_585_000_000_000


def test_no_phase_is_none_and_asking_makes_no_file(settings):
    assert show_phase(settings) is None
    assert phase_log(settings) == []
    assert not (settings.home / "state.db").exists()


def test_a_phase_is_kept_with_its_note_and_its_instant_in_utc(settings):
    set_phase(settings, "burn-in", "  one venue ", clock=VirtualClock(START))
    found = show_phase(settings)
    assert (found.name, found.note, iso(found.since)) == ("burn-in", "one venue", "2025-12-31T23:59:45Z")


def test_the_log_is_newest_first_and_says_what_followed_what(settings):
    for n, name in enumerate(("set-up", "burn-in", "paper")):
        set_phase(settings, name, clock=VirtualClock(START + n))
    assert [phase.name for phase in phase_log(settings)] == ["paper", "burn-in", "set-up"]
    assert [entry.sentence for entry in open_state(settings).log_entries()] == [
        "phase paper follows burn-in",
        "phase burn-in follows set-up",
        "phase set-up",
    ]


def test_setting_the_same_phase_again_begins_nothing(settings):
    first = set_phase(settings, "paper", "x", clock=VirtualClock(START))
    assert set_phase(settings, "paper", "x", clock=VirtualClock(START + 5)) == first
    assert set_phase(settings, "paper", "y", clock=VirtualClock(START + 5)).since == START + 5


@pytest.mark.parametrize(("name", "note"), [("../x", ""), ("a b", ""), ("paper", "two\nlines"), ("paper", "x" * 501)])
def test_a_name_or_note_that_cannot_be_is_refused_and_nothing_begins(settings, name, note):
    with pytest.raises(SettingError):
        set_phase(settings, name, note)
    assert show_phase(settings) is None
