"""What a page and its kernel weigh: as the browser counts, its garbage collected, and as the system does."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import psutil

_KERNEL = re.compile(r'"kernelId":\s*"([0-9a-f-]{36})"')

MB = 1e6


class Weight(NamedTuple):
    """Memory in MB: what the page's scripts hold, its browser processes alone, its kernel alone; nodes it has."""

    heap: float
    renderer: float
    kernel: float
    nodes: int


class Scales:
    """Weighs one page. ``browser`` and ``server`` are the processes among whose children its own are found."""

    def __init__(self, page: Any, browser: psutil.Process, server: psutil.Process) -> None:
        self.page = page
        self._session = page.context.new_cdp_session(page)
        self._session.send("Performance.enable")
        self._browser = browser
        self.kernel = kernel_of(page, server)

    def weigh(self) -> Weight:
        """Collect garbage, then count."""
        self._session.send("HeapProfiler.collectGarbage")
        told = {one["name"]: one["value"] for one in self._session.send("Performance.getMetrics")["metrics"]}
        renderers = sum(own_mb(one) for one in chromium_of(self._browser) if "--type=renderer" in one.cmdline())
        return Weight(told["JSHeapUsedSize"] / MB, renderers, own_mb(self.kernel), int(told["Nodes"]))


def kernel_of(page: Any, server: psutil.Process) -> psutil.Process:
    """The process of a page's kernel, among the children of the server that started it."""
    found = _KERNEL.search(page.content())
    assert found is not None, "no page of a kernel"
    for one in server.children(recursive=True):
        if any(found[1] in word for word in one.cmdline()):
            return one
    raise LookupError(f"no process of kernel {found[1]}")


def chromium_of(parent: psutil.Process) -> list[psutil.Process]:
    """Every process of the browsers that a process started."""
    return [one for one in parent.children(recursive=True) if "chrom" in one.name()]


def own_mb(process: psutil.Process) -> float:
    """Memory that would be free if it ended."""
    return float(process.memory_full_info().uss) / MB
