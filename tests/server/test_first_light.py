"""Whether the page is live, told from a page and a kernel that the test controls."""

import asyncio
import json

import pytest
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port
from tornado.web import Application, RequestHandler

from fbkit.errors import NotLive, ServerError
from fbkit.hub import Gone, Hello, Live, LiveRow
from fbkit.server.collector_kernel import KernelState
from fbkit.server.first_light import FirstLight
from fbkit.server.voice import Voice
from fbkit.settings import load_settings

KERNEL = "0a1b2c3d-0000-4000-8000-000000000000"
GOOD = json.dumps({"kernelId": KERNEL})
HELLO = Hello(3, "SIMULATED", 7, "sqlite:///x.db", "0.1.0", 1, 5)


class Kernels(dict):
    """One kernel; what it says comes from a queue."""

    def __init__(self):
        super().__init__({KERNEL: self})
        self.said = asyncio.Queue()

    def get_kernel(self, kernel_id):
        return self[kernel_id]

    def client(self):
        return self

    def start_channels(self, **channels):
        assert channels["iopub"]

    def stop_channels(self):
        pass

    async def get_iopub_msg(self, timeout):
        return {"msg_type": await self.said.get()}

    async def shutdown_kernel(self, kernel_id, *, now):
        del self[kernel_id]


class Extension:
    def __init__(self):
        self.voice = Voice(load_settings(), "sqlite:///x.db")
        self.kernel = type("Kernel", (), {"state": KernelState("running")})()
        self.heard = []
        self.reaper = type("Reaper", (), {"hear": staticmethod(self.heard.append)})()
        self.serverapp = type("App", (), {"kernel_manager": Kernels()})()

    @property
    def kernels(self):
        return self.serverapp.kernel_manager

    def hub_speaks(self):
        self.voice.hear(HELLO)
        self.voice.hear(Live(1, [LiveRow("a", 1.0)]))


@pytest.fixture
async def extension():
    return Extension()


@pytest.fixture
async def light(extension):
    """``light(html)`` serves that page and gives a FirstLight that will look at it."""
    servers = []

    def make(html, status=200):
        class Page(RequestHandler):
            def get(self):
                assert self.request.headers["Authorization"] == "token secret"
                self.set_status(status)
                self.finish(html)

        socket, port = bind_unused_port()
        servers.append(HTTPServer(Application([(".*", Page)])))
        servers[-1].add_socket(socket)
        return FirstLight(extension, f"http://127.0.0.1:{port}", "secret")

    yield make
    for server in servers:
        server.stop()
        await server.close_all_connections()


async def test_live_is_a_page_whose_kernel_pushes_while_the_hubs_values_flow(light, extension):
    waiting = asyncio.create_task(light(GOOD).wait(10))
    for kind in ("status", "stream"):
        extension.kernels.said.put_nowait(kind)
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done
    extension.hub_speaks()
    done, _ = await asyncio.wait({waiting}, timeout=0.2)
    assert not done, "its kernel has pushed nothing yet"
    assert set(extension.heard) == {KERNEL}, "nobody ends the kernel that is looked at"
    extension.kernels.said.put_nowait("comm_msg")
    await asyncio.wait_for(waiting, 5)
    assert KERNEL not in extension.kernels, "the kernel that was opened to look is ended again"


@pytest.mark.parametrize(
    ("html", "status", "sentence"),
    [
        (GOOD + "There was an error when executing cell [1].", 200, "a cell of the page"),
        ("nothing", 200, "names no kernel"),
        ("gone", 404, "cannot be shown"),
    ],
)
async def test_a_page_that_cannot_become_live_is_said_at_once(light, extension, html, status, sentence):
    extension.hub_speaks()
    with pytest.raises(ServerError, match=sentence):
        await light(html, status).wait(10)
    if "kernelId" in html:
        assert KERNEL not in extension.kernels


async def test_a_collector_that_failed_is_said_at_once(light, extension):
    extension.kernel.state = KernelState("failed", sentence="cell 4: StoreHeld: held by pid 7")
    with pytest.raises(ServerError, match="the collector did not start: cell 4: StoreHeld"):
        await light(GOOD).wait(10)


async def test_not_live_in_time_for_want_of_a_collector(light, extension):
    extension.voice.hear(Gone("no collector runs"))
    with pytest.raises(NotLive, match=r"the page is not live after .* no collector runs"):
        await light(GOOD).wait(0.3)


async def test_not_live_in_time_though_the_collector_runs(light, extension):
    extension.hub_speaks()
    with pytest.raises(NotLive, match="the collector runs; open the page"):
        await light(GOOD).wait(0.3)
