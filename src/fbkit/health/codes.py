"""Every reason there is, in one table: the docs are made from it, and nothing may be told for another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from fbkit.health.streams import DEGRADED, DOWN, OK

STREAM, OURS, WHOLE = "a stream", "ourselves", "the whole"


class Code(NamedTuple):
    """A reason code: whom it is told of, the states it comes with, what it means, and what to do about it."""

    code: str
    of: str
    states: tuple[str, ...]
    means: str
    then: str


CODES: dict[str, Code] = {
    code.code: code
    for code in (
        Code("stale", STREAM, (DEGRADED, DOWN),
             "Nothing came for more than 2 (degraded) or 10 (down) of the intervals it should come in.",
             "Wait a moment; then look at the network and at the venue's status page."),
        Code("stalled", STREAM, (DEGRADED,),
             "The connection is open and its peer says nothing of this; a gap is open.",
             "Nothing: a new connection is made, and what was missed is fetched where the venue has it."),
        Code("disconnect", STREAM, (DEGRADED,),
             "The connection ended; a gap is open.",
             "Nothing: it is made anew; if it keeps ending, look at the network."),
        Code("refused", STREAM, (DEGRADED,),
             "The venue refused the connection, the stream or the question.",
             "Read its sentence; it is tried again slowly."),
        Code("rest", STREAM, (DEGRADED,),
             "A question by REST got no answer, or was told to wait.",
             "Nothing: it is asked again."),
        Code("sequence", STREAM, (DEGRADED,),
             "A book lost updates and is not believed until its next snapshot; a gap is open.",
             "Nothing: the snapshot is asked for."),
        Code("quarantine", STREAM, (DEGRADED,),
             "More than 1 % of the last minute's items could not be read or not be believed.",
             "Look at the table quarantine; the venue may have changed its format."),
        Code("clock_skew", STREAM, (DEGRADED,),
             "The venue's clock and ours are more than 2 s apart.",
             "Set this machine's clock by NTP, then restart the collector."),
        Code("multiplier", STREAM, (DEGRADED,),
             "A coin costs far more or less here than at the other venues: a unit is likely read wrongly.",
             "Do not add this contract to others; see `fbkit instruments`."),
        Code("loss", OURS, (DEGRADED,),
             "Events were dropped in the last 5 minutes, for there was no room for them.",
             "See the gaps for when; give the collector a faster disk or fewer instruments."),
        Code("queue", OURS, (DEGRADED,),
             "The queue before the writer is more than half full.",
             "Give the collector a faster disk or fewer instruments."),
        Code("locked", OURS, (DEGRADED,),
             "Another program holds the database; what came in is kept.",
             "End that program."),
        Code("disk_full", OURS, (DOWN,),
             "Nothing can be stored, for the disk is full; what came in is kept and stored later.",
             "Free space on the disk."),
        Code("store", OURS, (DOWN,),
             "Nothing can be stored, for another reason.",
             "See the log, then restart the collector."),
        Code("spilling", OURS, (DEGRADED,),
             "What waits for the writer lies in a file beside the database, or cannot even be put there.",
             "Give the collector a faster disk, or make room."),
        Code("disk_low", OURS, (DEGRADED,),
             "Less than 5 % or 1 GiB of the disk is free.",
             "Make room before nothing can be stored."),
        Code("wal", OURS, (DEGRADED,),
             "The write-ahead log is over 64 MiB: a reader holds it up.",
             "End the query or notebook that has had the database open for long."),
        Code("budget", OURS, (DEGRADED,),
             "The database is larger than it may be, and nothing more can be removed.",
             "Archive days, or allow more."),
        Code("upkeep", OURS, (DEGRADED,),
             "Removing what is old failed.",
             "Nothing: it is tried again in an hour; the log says more."),
        Code("rules", OURS, (DEGRADED,),
             "The file of alert rules cannot be read; the rules in force stay.",
             "Mend the file: the sentence says where."),
        Code("webhook", OURS, (DEGRADED,),
             "Alerts do not reach the webhook; the store has them all.",
             "Look at whoever should answer there."),
        Code("unbalanced", OURS, (DEGRADED,),
             "Items were lost or counted twice: what was received is not the sum of what became of it.",
             "Keep the database, restart the collector, and report it with the log."),
        Code("corrupt", OURS, (DEGRADED,),
             "The database was damaged; it was moved aside and a new one begun.",
             "Recover what you need from the old one as the sentence says."),
        Code("failed", OURS, (DEGRADED,),
             "A part of the collector failed.",
             "Restart the collector; the log says more."),
        Code("history", OURS, (OK,),
             "The past is being fetched; what is live goes first.",
             "Nothing: the sentence says how far it is."),
        Code("no_collector", WHOLE, (DOWN,),
             "No collector runs.",
             "Start one with `fbkit up` or `fbkit collect`."),
        Code("starting", WHOLE, (DEGRADED,),
             "The collector has just started and has not judged anything yet.",
             "Wait ten seconds."),
        Code("unreachable", WHOLE, (DOWN,),
             "The database cannot be read.",
             "Read its sentence."),
    )
}  # fmt: skip


def as_markdown(codes: Iterable[Code] = tuple(CODES.values())) -> str:
    """The table as the docs have it.

    >>> as_markdown([CODES["rest"]]).splitlines()[2]
    '| `rest` | a stream | degraded | A question by REST got no answer, or was told to wait. | Nothing: it is asked again. |'
    """  # noqa: E501 - a row of a table is a line
    rows = [f"| `{one.code}` | {one.of} | {', '.join(one.states)} | {one.means} | {one.then} |" for one in codes]
    return "\n".join(["| code | of | state | means | what to do |", "|---|---|---|---|---|", *rows])
