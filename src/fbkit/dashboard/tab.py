"""One tab of a page: what it shows, what it asks, and when it is moved."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

import ipywidgets

from fbkit.dashboard.asking import Asking, Job
from fbkit.dashboard.export import file_of
from fbkit.dashboard.scene import Scene
from fbkit.hub import Gone, Message

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PUSH_GAP_S", "Job", "Tab"]

#: Live numbers go to the browser at once when none went for so long, else then.
PUSH_GAP_S = 0.08


class Tab(Asking):
    """A tab is made when it is first shown. It asks and draws only while it is shown; what it missed, it makes up for.

    A subclass names itself, makes its widgets and ``jobs`` in ``__init__`` and puts the widgets into ``box``, whose
    class ``fb-tab-<slug>`` places them (``look/<slug>.css``). ``take``, ``tick``, ``push`` run on the event loop and
    return at once.
    """

    slug: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.box = ipywidgets.Box([]).add_class("fbkit").add_class("fb-tab").add_class(f"fb-tab-{self.slug}")
        self._touched = asyncio.Event()

    # --- what a tab fills in ------------------------------------------------------------------------------------------

    @abstractmethod
    def exported(self) -> pd.DataFrame:
        """What the tab shows as a frame, units in the names of its columns."""

    def take(self, message: Message | Gone) -> None:
        """One message of the hub, whether the tab is shown or not; the scene has it already."""

    def tick(self) -> None:
        """Once a second while the tab is shown."""

    def push(self) -> None:
        """Hand what was heard to the widgets: after ``touch``, twelve times a second at most, while shown."""

    # --- what the board calls -----------------------------------------------------------------------------------------

    def come(self) -> None:
        """The tab is shown from now on."""
        self.open = True
        self.want_new()
        self.touch()

    def go(self) -> None:
        """The tab is hidden from now on."""
        self.open = False

    def hear(self, message: Message | Gone) -> None:
        """Take a message of the hub."""
        self.take(message)
        self.want_closed(message)

    def ticked(self) -> None:
        """A second has gone by."""
        if self.open:
            self.want_old()
            self.tick()

    def touch(self) -> None:
        """Something to push came."""
        self._touched.set()

    async def run(self) -> None:
        """Ask and push until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.asking())
            group.create_task(self._pushing())

    async def _pushing(self) -> None:
        while True:
            await self._touched.wait()
            self._touched.clear()
            if self.open:
                self.push()
            await asyncio.sleep(PUSH_GAP_S)

    def file(self, kind: str) -> tuple[str, bytes]:
        """What Export hands over: a name and bytes."""
        return file_of(self.exported(), self.scene, self.title, kind)
