"""Listening for as long as one likes: through a collector's stop, start and restart."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing

import msgspec

from fbkit.errors import CollectorError, CollectorGone, RuntimeFileError
from fbkit.hub.client import Link, connected
from fbkit.hub.messages import TOPICS, Gone, Message
from fbkit.runtime import runtime_path, shown_url
from fbkit.settings import Settings

#: How often the runtime file is looked for while no collector is heard.
LOOK_AGAIN_S = 0.25

#: Beats come once a second; so long without any message, and the collector is said to be silent.
SILENCE_S = 5.0


async def follow(
    settings: Settings,
    url: str,
    *,
    topics: Collection[str] = TOPICS,
    role: str = "listener",
    silence_s: float = SILENCE_S,
) -> AsyncGenerator[Message | Gone]:
    """Everything the collector of a database says, for ever; :class:`Gone`, once each time, while none is heard.

    The runtime file is read anew at each attempt, so a collector that was started again is found without being told.
    A collector that is connected but says nothing for ``silence_s`` is ``Gone`` too, until it speaks again: then its
    greeting is repeated first. So a greeting always means that a collector is heard.
    """
    path = runtime_path(settings, url)
    said = ""
    while True:
        try:
            async with connected(path, topics=topics, role=role) as link:
                said = ""
                yield link.hello
                async with aclosing(_words(link, silence_s if "beat" in topics else None)) as words:
                    async for message in words:
                        yield message
        except CollectorGone:
            why = str(CollectorGone(shown_url(url)))
        except (RuntimeFileError, CollectorError) as error:
            why = str(error)
        except msgspec.DecodeError as error:
            why = f"the collector spoke words of another version ({error}); restart what is older"
        if why != said:
            said = why
            yield Gone(why)
        await asyncio.sleep(LOOK_AGAIN_S)


async def _words(link: Link, silence_s: float | None) -> AsyncGenerator[Message | Gone]:
    silent = False
    while True:
        try:
            async with asyncio.timeout(silence_s):
                message = await link.next()
        except TimeoutError:
            if not silent:
                yield Gone(f"the collector is connected but has said nothing for {silence_s:.0f} s; waiting for it")
            silent = True
        else:
            if silent:
                yield link.hello
            silent = False
            yield message
