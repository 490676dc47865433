"""The one tree of errors. Each says what happened, where, and what comes next; ``exit_code`` ends the command.

FbkitError                      1
├── SettingError                2   a key, its value, what is allowed
├── UnknownName                 1   an instrument, table, timeframe, report we do not have
├── RuntimeFileError            1   the runtime file is stale, forged or of another epoch
├── FeedError                   1
│   ├── ConnectFailed               nobody answered; tried again
│   ├── ConnectionLost              closed, reset, oversized; tried again
│   ├── Stalled                     open, and silent
│   ├── SubscriptionRefused         the venue said no to a stream
│   ├── RateLimited                 too many requests; says until when
│   ├── VenueRefused                the venue answered with an error we cannot mend
│   ├── NotRemembered               the venue's memory does not reach back that far
│   └── DamagedRecording            a recording that cannot be read from some byte on
├── TableRefused                1   a table in a file that cannot be read as bars
├── StoreError                  1
│   ├── StoreMissing                no database there
│   ├── MarketMismatch              the database holds another market
│   ├── StoreHeld               3   another collector writes it
│   ├── LeaseLost               3   our lease was taken; we stop writing
│   ├── SchemaMismatch          4   newer or unknown schema: read-only
│   ├── StoreFull                   no room on the disk; kept and retried
│   ├── StoreBusy                   locked by somebody for too long; kept and retried
│   └── StoreCorrupt                the file is damaged
├── CollectorError              1
│   ├── CollectorGone               no collector listens
│   └── NotLive                     nothing arrived in time
├── ReportError                 1
│   ├── ParameterRefused        2   unknown name or wrong type
│   ├── ReportFailed                a cell raised, or took too long
│   └── ReportRunning           5   the same report is being run
└── ServerError                 1
    ├── PortBusy                    somebody has the port
    ├── ServerGone                  nobody answers there
    ├── ApiRefused                  it answered no: a status and its sentence
    └── BrowserMissing              no Chromium to look with
"""

from __future__ import annotations

from collections.abc import Sequence


class FbkitError(Exception):
    """Anything fbkit says went wrong."""

    exit_code = 1


class SettingError(FbkitError):
    """A setting is wrong, unknown or missing."""

    exit_code = 2

    def __init__(self, key: str, value: object, allowed: str) -> None:
        super().__init__(key, value, allowed)
        self.key, self.value, self.allowed = key, value, allowed

    def __str__(self) -> str:
        return f"setting {self.key!r}: {self.value!r} is not possible; allowed: {self.allowed}"


class UnknownName(FbkitError):
    """A name we do not have, with the nearest ones we do."""

    def __init__(self, what: str, name: str, near: Sequence[str] = ()) -> None:
        super().__init__(what, name, near)
        self.what, self.name, self.near = what, name, tuple(near)

    def __str__(self) -> str:
        hint = f"; did you mean {', '.join(self.near)}?" if self.near else ""
        return f"no {self.what} named {self.name!r}{hint}"


class RuntimeFileError(FbkitError):
    """The file that says where the collector listens is stale, forged or of another epoch."""

    def __init__(self, path: str, why: str) -> None:
        super().__init__(path, why)
        self.path, self.why = path, why

    def __str__(self) -> str:
        return f"{self.path}: {self.why}; start a collector (`fbkit collect` or `fbkit up`) and it is replaced"


class FeedError(FbkitError):
    """Something between a venue and us."""


class ConnectFailed(FeedError):
    """Nobody answered at a venue's address."""

    def __init__(self, venue: str, url: str, why: str) -> None:
        super().__init__(venue, url, why)
        self.venue, self.url, self.why = venue, url, why

    def __str__(self) -> str:
        return f"{self.venue}: cannot connect to {self.url} ({self.why}); trying again"


class ConnectionLost(FeedError):
    """An open connection ended."""

    def __init__(self, venue: str, url: str, why: str, code: int | None = None) -> None:
        super().__init__(venue, url, why, code)
        self.venue, self.url, self.why, self.code = venue, url, why, code

    def __str__(self) -> str:
        code = f", code {self.code}" if self.code is not None else ""
        return f"{self.venue}: connection to {self.url} ended ({self.why}{code}); connecting again"


class Stalled(FeedError):
    """The connection is open and a channel that should speak is silent."""

    def __init__(self, venue: str, channel: str, silent_s: float) -> None:
        super().__init__(venue, channel, silent_s)
        self.venue, self.channel, self.silent_s = venue, channel, silent_s

    def __str__(self) -> str:
        return f"{self.venue} {self.channel}: nothing for {self.silent_s:.0f} s on an open connection; connecting again"


class SubscriptionRefused(FeedError):
    """A venue refused a stream."""

    def __init__(self, venue: str, stream: str, why: str) -> None:
        super().__init__(venue, stream, why)
        self.venue, self.stream, self.why = venue, stream, why

    def __str__(self) -> str:
        return f"{self.venue}: {self.stream} was refused ({self.why}); the others run, this one is tried again slowly"


class RateLimited(FeedError):
    """Too many requests; ``retry_after_s`` says how long to wait."""

    def __init__(self, venue: str, path: str, retry_after_s: float) -> None:
        super().__init__(venue, path, retry_after_s)
        self.venue, self.path, self.retry_after_s = venue, path, retry_after_s

    def __str__(self) -> str:
        return f"{self.venue}: {self.path} is over its limit; waiting {self.retry_after_s:.0f} s"


class VenueRefused(FeedError):
    """A venue answered a request with an error."""

    def __init__(self, venue: str, path: str, status: int, code: str, why: str) -> None:
        super().__init__(venue, path, status, code, why)
        self.venue, self.path, self.status, self.code, self.why = venue, path, status, code, why

    def __str__(self) -> str:
        return f"{self.venue}: {self.path} answered {self.status} {self.code} ({self.why})"


class NotRemembered(FeedError):
    """A venue no longer has, or never had, what we missed."""

    def __init__(self, venue: str, what: str, why: str) -> None:
        super().__init__(venue, what, why)
        self.venue, self.what, self.why = venue, what, why

    def __str__(self) -> str:
        return f"{self.venue}: {self.what} cannot be fetched again ({self.why}); the gap stays"


class DamagedRecording(FeedError):
    """A recording cannot be read from some place on; what came before it is kept."""

    def __init__(self, path: str, line: int, why: str) -> None:
        super().__init__(path, line, why)
        self.path, self.line, self.why = path, line, why

    def __str__(self) -> str:
        return f"{self.path}: unreadable after line {self.line} ({self.why}); what came before it was kept"


class TableRefused(FbkitError):
    """A table in a file cannot be read as bars: which row, which column, and what to do."""

    def __init__(self, path: str, where: str, why: str, then: str) -> None:
        super().__init__(path, where, why, then)
        self.path, self.where, self.why, self.then = path, where, why, then

    def __str__(self) -> str:
        return f"{self.path}, {self.where}: {self.why}; {self.then}"


class StoreError(FbkitError):
    """Something about a database."""

    def __init__(self, where: str, why: str, then: str) -> None:
        super().__init__(where, why, then)
        self.where, self.why, self.then = where, why, then

    def __str__(self) -> str:
        return f"{self.where}: {self.why}; {self.then}"


class StoreMissing(StoreError):
    """There is no database there."""


class MarketMismatch(StoreError):
    """The database holds another market."""


class StoreHeld(StoreError):
    """Another collector writes this database."""

    exit_code = 3


class LeaseLost(StoreError):
    """Our lease was taken by another collector."""

    exit_code = 3


class SchemaMismatch(StoreError):
    """The database was written by a newer or unknown fbkit."""

    exit_code = 4


class StoreFull(StoreError):
    """The disk is full."""


class StoreBusy(StoreError):
    """The database stayed locked for too long."""


class StoreCorrupt(StoreError):
    """The database file is damaged."""


class CollectorError(FbkitError):
    """Something about the collector."""


class CollectorGone(CollectorError):
    """No collector listens for this database."""

    def __init__(self, database: str) -> None:
        super().__init__(database)
        self.database = database

    def __str__(self) -> str:
        return f"no collector runs for {self.database}; start one with `fbkit collect`, `fbkit up` or fbkit.collect()"


class NotLive(CollectorError):
    """Nothing arrived in time."""

    def __init__(self, what: str, waited_s: float, then: str) -> None:
        super().__init__(what, waited_s, then)
        self.what, self.waited_s, self.then = what, waited_s, then

    def __str__(self) -> str:
        return f"{self.what} after {self.waited_s:.0f} s; {self.then}"


class ReportError(FbkitError):
    """Something about a report."""


class ParameterRefused(ReportError):
    """A report's parameter is unknown or of the wrong type."""

    exit_code = 2

    def __init__(self, report: str, name: str, why: str) -> None:
        super().__init__(report, name, why)
        self.report, self.name, self.why = report, name, why

    def __str__(self) -> str:
        return f"report {self.report!r}: parameter {self.name!r} refused ({self.why}); nothing was run"


class ReportFailed(ReportError):
    """A report did not come to its end; the last good one is untouched."""

    def __init__(self, report: str, where: str, why: str, kept: str) -> None:
        super().__init__(report, where, why, kept)
        self.report, self.where, self.why, self.kept = report, where, why, kept

    def __str__(self) -> str:
        return f"report {self.report!r} failed in {self.where}: {self.why}; its output is kept as {self.kept}"


class ReportRunning(ReportError):
    """The same report is being run by somebody else."""

    exit_code = 5

    def __init__(self, report: str, since: str) -> None:
        super().__init__(report, since)
        self.report, self.since = report, since

    def __str__(self) -> str:
        return f"report {self.report!r} is already running since {self.since}; wait for it, then try again"


class ServerError(FbkitError):
    """Something about the server."""


class PortBusy(ServerError):
    """Somebody listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(port)
        self.port = port

    def __str__(self) -> str:
        return f"port {self.port} on 127.0.0.1 is taken; stop who has it, or choose another with --port"


class ServerGone(ServerError):
    """Nobody answers at a server's address, or not in time."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(url, why)
        self.url, self.why = url, why

    def __str__(self) -> str:
        return f"{self.url} does not answer ({self.why}); is `fbkit up` running there?"


class ApiRefused(ServerError):
    """A server answered no: ``status``, the class of its error, and its sentence."""

    def __init__(self, status: int, error: str, sentence: str) -> None:
        super().__init__(status, error, sentence)
        self.status, self.error, self.sentence = status, error, sentence

    def __str__(self) -> str:
        return f"the server answered {self.status}: {self.sentence}"


class BrowserMissing(ServerError):
    """No Chromium to look with."""

    def __init__(self, looked: Sequence[str]) -> None:
        super().__init__(looked)
        self.looked = tuple(looked)

    def __str__(self) -> str:
        return (
            f"no Chromium found (looked at {', '.join(self.looked)}); "
            "install one, or name it in the environment variable FBKIT_BROWSER"
        )


_TRANSIENT = (ConnectFailed, ConnectionLost, Stalled, RateLimited, StoreFull, StoreBusy)


def is_transient(error: BaseException) -> bool:
    """Whether trying the same again later can help.

    >>> is_transient(Stalled("binance", "trade", 12.0)), is_transient(SettingError("a", 1, "2"))
    (True, False)
    """
    if isinstance(error, VenueRefused):
        return error.status >= 500
    return isinstance(error, _TRANSIENT)
