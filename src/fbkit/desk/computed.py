"""What was computed when it happened, as frames: bars, metrics, summary, alerts; gaps and the books."""

from __future__ import annotations

from typing import Any

import msgspec
import pandas as pd

from fbkit.desk.base import Base
from fbkit.model import AccountRow


class Computed(Base):
    """The desk's words for what the engine and the collector wrote."""

    def bars(self, instrument: str, tf: str = "1m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Closed bars, labelled by their end t1, with source and coverage."""
        return self._rows("bars", instrument, tf, since, until)

    def metrics(self, coin: str, tf: str = "15m", since: Any = None, until: Any = None) -> pd.DataFrame:
        """Metrics of a coin's instruments as they stood when each bar closed, one row a bar and instrument."""
        return self._rows("metrics", coin, tf, since, until)

    def summary(self, tf: str | None = None) -> pd.DataFrame:
        """The newest state of each instrument and timeframe: bar, loudest Z, coverage."""
        self._check_tf(tf)
        return self.store.rows("summary", tf=tf)

    def alerts(self, since: Any = None, until: Any = None, last: int | None = None) -> pd.DataFrame:
        """Alerts, oldest first."""
        return self.store.rows("alerts", span=self.span(since, until), last=last)

    def gaps(self, since: Any = None, until: Any = None) -> pd.DataFrame:
        """Every period without data: from, to, cause, whether it was backfilled."""
        return self.store.gaps(self.span(since, until))

    def accounts(self) -> pd.DataFrame:
        """What became of every item of the newest run, per venue and channel; control frames are counted apart."""
        rows = [msgspec.structs.asdict(one) for one in self.store.accounts() if one.channel != "control"]
        columns = [name for name in AccountRow.__struct_fields__ if name not in {"run", "control"}]
        return pd.DataFrame(rows, columns=columns)

    def _rows(self, table: str, instrument: str, tf: str, since: Any, until: Any) -> pd.DataFrame:
        self._check_tf(tf)
        span = self.span(since, until)
        frames = [self.store.rows(table, instrument=name, tf=tf, span=span) for name in self.find(instrument)]
        found = frames[0] if len(frames) == 1 else pd.concat(frames).sort_index(kind="stable")
        found.attrs["coverage"] = float(found["coverage"].mean()) if len(found) else 0.0
        return found
