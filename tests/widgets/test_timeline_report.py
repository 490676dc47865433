"""Timelines, reports, actions, steps, histories and cards: their traits hold all of it, and nothing foreign gets in."""

import json

import pytest

from fbkit.dashboard.status import published
from fbkit.dashboard.status.chores import REPORT
from fbkit.dashboard.status.published import claims, page_of, short
from fbkit.settings import load_settings
from fbkit.widgets import (
    Actions,
    AlertHistory,
    AlertLine,
    Explanation,
    ReportShown,
    ReportView,
    ScoreCard,
    ScoreLine,
    StatusPanel,
    Steps,
    TimeLine,
    Timeline,
    TimeMark,
    TimeSlot,
)


def test_a_timeline_travels_whole():
    shown = Timeline()
    slot, mark = TimeSlot(0.0, 5.0, "ok", "all of it ok"), TimeMark(1.0, 2.0, "lost", "disconnect")
    shown.show([TimeLine("okx", (slot,), (mark,), (("99.31", "strong"),))], 0.0, 10.0, ["24 h %"])
    assert (shown.since_ms, shown.until_ms, shown.heads) == (0.0, 10.0, ["24 h %"])
    assert json.loads(json.dumps(shown.lines)) == [
        {
            "name": "okx",
            "slots": [{"t0_ms": 0.0, "t1_ms": 5.0, "state": "ok", "about": "all of it ok"}],
            "marks": [{"t0_ms": 1.0, "t1_ms": 2.0, "kind": "lost", "about": "disconnect"}],
            "ends": [["99.31", "strong"]],
            "about": "",
        }
    ]


def test_a_page_is_handed_over_when_it_is_there_and_said_to_be_gone_when_not(monkeypatch):
    view, sent = ReportView(), []
    monkeypatch.setattr(view, "send", lambda content, buffers=None: sent.append((content, buffers)))

    def page(name):
        if name != "known":
            raise FileNotFoundError(2, "no report has that name", name)
        return b"<html>"

    view._hear(view, {"kind": "open", "page": "known"}, [])
    assert sent == [], "nobody said how a page is got"
    view.on_open(page)
    view._hear(view, {"kind": "open", "page": "known"}, [])
    view._hear(view, {"kind": "open", "page": "../../etc/passwd"}, [])
    assert sent[0] == ({"kind": "page", "page": "known"}, [b"<html>"])
    assert sent[1][0]["kind"] == "gone"


@pytest.mark.parametrize("name", ["../x", "20260101T000000Z/../..", "", "20260101T000000", "a" * 30])
def test_no_name_leads_out_of_the_folder_of_reports(name, tmp_path):
    with pytest.raises(OSError, match="no report has that name"):
        page_of(load_settings(home=tmp_path), name)


def test_a_link_to_elsewhere_is_no_report(tmp_path, monkeypatch):
    monkeypatch.setenv("FBKIT_WORKSPACE", str(tmp_path))
    folder = tmp_path / "reports" / REPORT / "20260101T000000Z"
    folder.mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (folder / "status_report.html").symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match="no page of ours"):
        page_of(load_settings(home=tmp_path), "20260101T000000Z")


def test_a_report_is_shown_with_its_claims_and_says_when_a_file_differs(tmp_path, monkeypatch):
    monkeypatch.setenv("FBKIT_WORKSPACE", str(tmp_path))
    settings = load_settings(home=tmp_path)
    folder = tmp_path / "reports" / REPORT / "20260101T000000Z"
    folder.mkdir(parents=True)
    body = "## Health\n\n**Up 99 %.**\n\n## Market\n\n**Up on covering.** ZEC +6.2.\n"
    text = f"# Status\n\n**All is well.** 5 rows.\n\n{body}"
    (folder / "status_report.md").write_text(text)
    digest = published.hash_file(folder / "status_report.md").hash
    facts = {"format": "fbkit.report/1", "published": "2026-01-01T00:00:11Z", "seconds": 11.2}
    (folder / "report.json").write_text(json.dumps(facts | {"files": {"status_report.md": digest}}))
    shown = published.shown(published.published(settings).report)
    assert shown.headline == "All is well"
    assert shown.paragraphs == (((" 5 rows.", ""),), (("Up on covering.", "claim"), (" ZEC +6.2.", "")))
    assert ("verified", "yes, all files as published", "ok") in shown.facts
    (folder / "status_report.md").write_text(text + "tampered")
    shown = published.shown(published.published(settings).report)
    assert ("verified", "its files differ: status_report.md", "bad") in shown.facts


def test_a_torn_report_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("FBKIT_WORKSPACE", str(tmp_path))
    folder = tmp_path / "reports" / REPORT / "20260101T000000Z"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text("{torn")
    assert published.published(load_settings(home=tmp_path)).report is None


def test_claims_are_text_whatever_they_say():
    assert claims("**<b>x</b>.** a\\*b `c` &lt;i&gt;") == [[("<b>x</b>.", "claim"), (" a*b c <i>", "")]]
    assert claims("nothing claimed") == []
    assert short("") == "none"


def test_a_press_reaches_only_what_is_offered():
    actions, pressed = Actions(actions=[["snapshot", "Snapshot", "take one"]]), []
    actions.on_press(pressed.append)
    for name in ("snapshot", "rm", None):
        actions._hear(actions, {"kind": "press", "name": name}, [])
    assert pressed == ["snapshot"]


def test_an_alert_that_is_open_is_explained_anew_when_more_is_known():
    known = {"7": "open"}
    history = AlertHistory(horizons=["1h"])
    history.on_explain(
        lambda name: (
            Explanation(name, "okx:BTC-USDT-PERP", "5m", "It spoke", (), (), (), "", known[name])
            if name in known
            else None
        )
    )
    history.show([AlertLine("7", 0.0, 1, "BTC", "okx", "5m", "up", "It spoke", "+3.4", "≥3.0", None, ("open",))])
    history.chosen = "7"
    assert history.why["record"] == "open"
    known["7"] = "settled"
    history.explain_again()
    assert history.why["record"] == "settled"
    history.chosen = "8"
    assert history.why == {}


def test_steps_and_scores_travel_whole():
    steps, card = Steps(), ScoreCard()
    steps.show([("burn-in", "18 Nov 09:00 UTC", "")], "day 3")
    card.show([ScoreLine(1, "z", 30, "60 %", "no different", counts=True, rate=0.6, low=0.4, high=0.8, base=0.5)])
    assert (steps.sub, steps.steps) == ("day 3", [["burn-in", "18 Nov 09:00 UTC", ""]])
    assert card.lines[0]["low"] == 0.4
    assert ReportShown("now", "All is well").page == ""


def test_a_status_panel_shows_the_parts_it_is_told():
    assert StatusPanel().parts == ["health", "accounts", "readings", "gaps", "facts"]
    assert StatusPanel(parts=["health"]).parts == ["health"]
    with pytest.raises(Exception, match="parts"):
        StatusPanel(parts=["nonsense"])
