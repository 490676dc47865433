"""A process that has imported the store and forks a child for each line it reads: children to be killed and frozen.

Run as ``python -m tests.store.mother``; a line is ``[function, arguments…]`` in JSON, the answer the child's pid.
A child speaks on standard output, one JSON line at a time, beginning with its pid; it listens to a FIFO of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from fbkit.clock import SystemClock
from fbkit.errors import FbkitError, StoreFull
from fbkit.model import BarRow, Market, Side, Trade
from fbkit.store import Batch, Writer, open_writer
from fbkit.store.postgres.driver import library

EACH = 100
NAME = "binance:BTC-USDT-PERP"


def say(*words: object) -> None:
    os.write(1, json.dumps([os.getpid(), *words]).encode() + b"\n")


def opened(url: str, **options: object) -> Writer:
    clock = SystemClock()
    return open_writer(url, market=Market.LIVE, seed=None, clock=clock, holder="a child", **options)  # type: ignore[arg-type]  # a test's own


def batch_from(seq: int) -> Batch:
    """A hundred trades and a bar that says which they are."""
    trades = [Trade(NAME, n, n, n, 61_700.1, 0.001 * n, Side.BUY, seq=n) for n in range(seq, seq + EACH)]
    return Batch(list(trades), [BarRow(NAME, "1m", seq, seq + EACH)])


def append_for_ever(url: str) -> None:
    """C13: append and say so, until killed; fold now and then."""
    writer = opened(url)
    chance = random.Random(writer.last_seq)
    while True:
        done = writer.append(batch_from(writer.last_seq + 1))
        say("committed", writer.last_seq, done.commit)
        if chance.random() < 0.3:
            writer.fold(1 << 62)
            say("folded")


def try_to_win(url: str) -> None:
    """C15: one of several starters."""
    try:
        writer = opened(url)
    except FbkitError as error:
        say("lost", error.exit_code, str(error))
        return
    writer.append(batch_from(writer.last_seq + 1))
    say("won", writer.epoch)
    signal.pause()


def append_when_told(url: str, orders: str) -> None:
    """C15: a holder without the file lock that can be frozen between its writes."""
    writer = opened(url, locked=False)
    writer.append(batch_from(writer.last_seq + 1))
    say("appended", writer.epoch)
    with Path(orders).open() as told:
        for _ in told:
            try:
                writer.append(batch_from(writer.last_seq + 1))
                say("appended", writer.epoch)
            except FbkitError as error:
                say(type(error).__name__, error.exit_code, str(error))
                return


def freeze_inside_a_write(url: str) -> None:
    """C15: a holder that stops between BEGIN and COMMIT."""
    writer = opened(url, locked=False)

    writing = writer._database.writing

    @contextlib.contextmanager
    def freezing() -> Iterator[Connection]:
        with writing() as connection:
            yield connection
            say("inside")
            os.kill(os.getpid(), signal.SIGSTOP)

    writer._database.writing = freezing  # type: ignore[method-assign]  # whichever database it is
    writer.append(batch_from(writer.last_seq + 1))
    say("committed", writer.last_seq)


def fill_the_disk(url: str) -> None:
    """C16: files may not grow past a limit, then they may again."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    writer = opened(url)
    writer.append(batch_from(1))
    soft = writer.wal_bytes + 100_000
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    refused = None
    while refused is None:
        batch = batch_from(writer.last_seq + 1)
        try:
            writer.append(batch)
        except StoreFull as error:
            refused = writer.last_seq
            say("full", refused, str(error))
    with contextlib.suppress(StoreFull):
        writer.append(batch)
    say("still", writer.last_seq)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    writer.append(batch)
    say("recovered", writer.last_seq)
    writer.close()


FUNCTIONS = {
    function.__name__: function
    for function in (append_for_ever, try_to_win, append_when_told, freeze_inside_a_write, fill_the_disk)
}


def main() -> None:
    with contextlib.suppress(FbkitError):
        library()  # once, before the first child: it takes a while
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        name, *arguments = json.loads(line)
        if not os.fork():
            code = 1
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                FUNCTIONS[name](*arguments)
                code = 0
            finally:
                os._exit(code)


if __name__ == "__main__":
    main()
