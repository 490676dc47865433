"""``fbkit up``: one Jupyter Server with everything in it, live when it says so, and nothing left when it ends."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import sys
import time
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil

from fbkit import __version__
from fbkit.errors import CollectorError, PortBusy, RuntimeFileError, ServerError
from fbkit.hub import call, connected
from fbkit.runtime import database_url, find_runtime, runtime_path, workspace, write_atomic
from fbkit.server.config import EVERYWHERE, LOOPBACK, kernel_environment, server_config
from fbkit.server.public import IN_THE_CLEAR, check_public
from fbkit.server.workspace import ensure_notebooks
from fbkit.settings import Settings

log = logging.getLogger(__name__)

#: Without live data on the page by then, ``fbkit up`` gives up.
LIVE_WITHIN_S = 120.0

#: How long a collector that was told to stop may take to store what is in flight.
FLUSH_S = 15.0


def up(
    settings: Settings, *, port: int, for_s: float | None = None, browser: bool = False, public: bool = False
) -> int:
    """Start everything, say when the page is live, and run until Ctrl-C or for ``for_s`` seconds from then.

    With ``public`` it listens on every address of the machine, which takes a token that somebody chose.

    Raises :class:`~fbkit.errors.SettingError` and :class:`~fbkit.errors.PortBusy` before anything is started, and
    :class:`~fbkit.errors.NotLive` when the page is not live within 120 s; whatever happens, what was started is ended
    again.
    """
    if public:
        check_public(settings)
    _check_port(port, EVERYWHERE if public else LOOPBACK)
    # Tornado and ZeroMQ want a loop that watches sockets; Windows would give another.
    loop_factory = asyncio.SelectorEventLoop if sys.platform == "win32" else None
    with _environment(kernel_environment(settings)), asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(_run(settings, port, for_s, browser=browser, public=public))


async def _run(settings: Settings, port: int, for_s: float | None, *, browser: bool, public: bool) -> int:
    return await _Launch(settings, port, browser=browser, public=public).run(for_s)


class _Launch:
    """One run of the server, from the first line said to the last."""

    def __init__(self, settings: Settings, port: int, *, browser: bool, public: bool) -> None:
        self._settings, self._port = settings, port
        self._browser, self._public = browser, public
        self._token = settings.token.get_secret_value() if settings.token else secrets.token_urlsafe(32)
        # Seconds count from the command, not from when its imports were done.
        self._begun = time.monotonic() - max(0.0, time.time() - psutil.Process().create_time())
        self._stop = asyncio.Event()
        self._link_file: Path | None = None
        self._app: Any = None
        self._started = False

    async def run(self, for_s: float | None) -> int:
        """Start, wait, stop."""
        self._say(f"fbkit {__version__} starting in {workspace(self._settings)}")
        copied = ensure_notebooks(self._settings)
        if copied:
            self._say(f"{len(copied)} notebooks copied to {copied[0].parent}")
        with _ended_by_signals(self._asked_to_stop):
            try:
                await self._start()
                await self._until_live()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), for_s)
                return 0
            finally:
                await self._end()

    async def _start(self) -> None:
        from fbkit.server.jupyter import UpServer

        logging.captureWarnings(capture=True)
        config = server_config(self._settings, port=self._port, token=self._token, collect=True, public=self._public)
        self._app = UpServer(config=config)
        try:
            self._app.initialize(argv=[])
            self._app.start_app()
        except SystemExit as error:
            raise PortBusy(self._port) from error
        self._started = True
        await self._app._post_start()  # noqa: SLF001 - what its own start_ioloop does, on our loop
        if "fbkit" not in self._app.extension_manager.extension_points:
            raise ServerError(f"the fbkit extension did not load; {self._log_file} says why")
        self._say(f"server on {self._address}, log {self._log_file}")
        if self._public:
            self._say(f"public: port {self._app.port} answers on every address of this machine; {IN_THE_CLEAR}")

    async def _until_live(self) -> None:
        from fbkit.server.first_light import FirstLight

        extension = self._app.extension_manager.extension_points["fbkit"].app
        told = asyncio.create_task(self._tell_collector(extension.voice))
        live = asyncio.create_task(FirstLight(extension, self._address, self._token).wait(LIVE_WITHIN_S))
        stopped = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait({live, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not live.done():
                return
            live.result()
        finally:
            for task in (told, live, stopped):
                task.cancel()
            await asyncio.gather(told, live, stopped, return_exceptions=True)
        self._say("first live data on the page")
        self._show_link()

    async def _tell_collector(self, voice: Any) -> None:
        hello = await voice.wait_greeted()
        seed = f", seed {hello.seed}" if hello.seed is not None else ""
        self._say(f"collector up, pid {hello.pid}: {hello.market}{seed}, {hello.database}")

    def _show_link(self) -> None:
        link = f"{self._address}/fbkit/?token={self._token}"
        self._link_file = self._settings.home / "runtime" / f"server-{self._app.port}.url"
        write_atomic(self._link_file, f"{link}\n".encode(), mode=0o600)
        if sys.stdout.isatty():
            self._say(f"open {link}")
        else:
            self._say(f"the link, with its token, stands in {self._link_file}")
        if self._browser:
            webbrowser.open(link)

    async def _end(self) -> None:
        if self._app is None:
            return
        self._say("stopping")
        if self._link_file is not None:
            self._link_file.unlink(missing_ok=True)
        steps = [self._end_kernels, self._app.cleanup_extensions, self._end_collector] if self._started else []
        for step in (*steps, self._app._cleanup):  # noqa: SLF001 - what its own stop does, without stopping our loop
            try:
                await step()
            except Exception:  # whatever fails, the rest is ended too
                log.exception("while stopping")
        self._say("stopped")

    async def _end_kernels(self) -> None:
        await self._app.kernel_manager.shutdown_all(now=True)

    async def _end_collector(self) -> None:
        """Ask the collector to end when nobody else owns it, and wait until it has stored everything and is gone."""
        path = runtime_path(self._settings, database_url(self._settings))
        try:
            async with connected(path, topics=()) as link:
                owners = link.hello.owners
            if owners:
                self._say("the collector stays: somebody else owns it too")
                return
            await call(path, "stop", timeout_s=FLUSH_S)
        except (CollectorError, RuntimeFileError):
            return  # none runs, or none that is ours
        try:
            async with asyncio.timeout(FLUSH_S):
                while find_runtime(path) is not None:  # noqa: ASYNC110 - another process removes it
                    await asyncio.sleep(0.05)
            self._say("collector flushed and gone")
        except TimeoutError:
            self._say(f"the collector was told to stop and is still storing; it ends by itself ({path})")

    def _asked_to_stop(self) -> None:
        if self._stop.is_set():
            os._exit(130)  # asked twice: at once; the collector ends itself when nobody owns it
        self._stop.set()

    @property
    def _address(self) -> str:
        return f"http://127.0.0.1:{self._app.port}"

    @property
    def _log_file(self) -> Path:
        return self._settings.home / "logs" / "server.log"

    def _say(self, sentence: str) -> None:
        # Who closed the terminal, or reads no more, still wants everything ended.
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write(f"{time.monotonic() - self._begun:6.1f} s  {sentence}\n")
            sys.stdout.flush()


def _check_port(port: int, ip: str) -> None:
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ip, port))
        except PermissionError as error:
            raise ServerError(f"port {port} is kept for the system; choose another with --port") from error
        except OSError as error:
            raise PortBusy(port) from error


@contextlib.contextmanager
def _environment(words: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in words}
    os.environ.update(words)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextlib.contextmanager
def _ended_by_signals(stop: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C and a polite kill call ``stop`` on the loop, on every platform."""
    loop = asyncio.get_running_loop()
    wanted = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.getsignal(number) for number in wanted}
    for number in wanted:
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
