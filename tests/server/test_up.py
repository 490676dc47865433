"""``up`` from its first line to its last, and what is left when it ends."""

import os
import socket

import pytest

from fbkit.errors import PortBusy
from fbkit.server.launch import up
from fbkit.settings import load_settings
from tests.server.conftest import Up, wait_for

pytestmark = [pytest.mark.faults("C19"), pytest.mark.timeout(240)]

NO_SIGNAL = 0  # only wait for it


@pytest.fixture
def started(tmp_path):
    """``started(…)`` gives a running ``up``; whatever the test does to it, nothing of it is left afterwards."""
    ups = []

    def start(**given):
        ups.append(Up(tmp_path, **given))
        return ups[-1]

    yield start
    for one in ups:
        if one.process.poll() is None:
            one.process.kill()
        one.process.wait()
        one.process.stdout.close()
        for process in one.left():
            process.kill()


def test_c19_it_says_when_the_page_is_live_runs_its_time_and_leaves_nothing(started):
    one = started(for_s=0.5, environment={"FAKE_OWNERLESS_S": "60"}).until_live()
    runtime_file = one.runtime_file
    one.until("stopping")
    assert wait_for(lambda: not runtime_file.exists(), 5) < 2, "C19: server ended, collector gone"
    code = one.end(NO_SIGNAL)
    said = "".join(one.lines)
    assert code == 0, said
    for sentence in (
        "notebooks copied",
        "server on http://127.0.0.1:",
        "collector up, pid",
        "collector flushed and gone",
    ):
        assert sentence in said
    assert said.rstrip().endswith("stopped")
    assert (one.workspace / "notebooks" / "00_start_here.ipynb").is_file()
    assert not one.link_file.exists()
    wait_for(lambda: not one.left(), 5)
    assert one.runtime_file is None
    assert list((one.home / "runtime").glob("*.stopped")), "the collector was asked, not killed"


@pytest.mark.skipif(os.name != "posix", reason="signals are a matter of POSIX")
def test_c19_server_killed_its_kernels_go_and_the_collector_ends_itself(started):
    one = started(environment={"FAKE_OWNERLESS_S": "2"}).until_live()
    runtime_file = one.runtime_file
    one.process.kill()
    wait_for(lambda: not runtime_file.exists(), 15)
    wait_for(lambda: not one.left(), 10)


def test_a_collector_that_does_not_start_is_said_at_once_with_its_reason(started):
    one = started(collect="raise RuntimeError('held by another, pid 7')")
    code = one.end(NO_SIGNAL, within_s=60)
    said = "".join(one.lines)
    assert code == 1
    assert (
        "the collector did not start: notebooks/10_collect.ipynb, cell 1: RuntimeError: held by another, pid 7" in said
    )
    wait_for(lambda: not one.left(), 5)


def test_a_busy_port_is_said_before_anything_is_started(home):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy, match=f"port {port} on 127.0.0.1 is taken"):
            up(load_settings(), port=port)
    assert list(home.iterdir()) == []
