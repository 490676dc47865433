"""What a frame says, in sentences: pure functions of its numbers, a kind of frame each."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from fbkit.desk.answers.alerts import of_alerts, of_scorecard
from fbkit.desk.answers.coin import of_board, of_coin, of_curve, of_dispersion, of_funding, of_liquidated, of_shares
from fbkit.desk.answers.coins import of_breadth, of_correlation, of_lead_lag
from fbkit.desk.answers.collected import of_accounts, of_gaps, of_health
from fbkit.desk.answers.flow import of_bars, of_profile
from fbkit.desk.answers.z import of_metrics, of_summary, of_zscores

Answer = Callable[[pd.DataFrame], list[str]]

ANSWERS: dict[str, Answer] = {
    "accounts": of_accounts,
    "across": lambda frame: of_coin(frame, None, None),
    "alerts": of_alerts,
    "bars": of_bars,
    "board": of_board,
    "breadth": of_breadth,
    "correlation": of_correlation,
    "curve": of_curve,
    "dispersion": of_dispersion,
    "funding_by_venue": of_funding,
    "gaps": of_gaps,
    "health": of_health,
    "lead_lag": of_lead_lag,
    "liquidated": of_liquidated,
    "metrics": of_metrics,
    "profile": of_profile,
    "scorecard": of_scorecard,
    "shares": of_shares,
    "summary": of_summary,
    "zscores": of_zscores,
}

#: Frames that say more when they are told as one.
_ONE = ("across", "board", "curve")


def together(frames: Sequence[pd.DataFrame]) -> list[str]:
    """The sentences of frames in their order; those of one coin at one bar as one."""
    by_kind = {str(frame.attrs["what"]): frame for frame in frames}
    if not all(kind in by_kind for kind in _ONE):
        return [sentence for frame in frames for sentence in ANSWERS[frame.attrs["what"]](frame)]
    told = of_coin(*(by_kind[kind] for kind in _ONE))
    others = [frame for frame in frames if frame.attrs["what"] not in _ONE]
    return told + [sentence for frame in others for sentence in ANSWERS[frame.attrs["what"]](frame)]
