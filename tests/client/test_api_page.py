"""What the page about asking from elsewhere tells to type is typed, against a server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from fbkit.client import Client
from tests.server.bare import TOKEN, Bare

pytestmark = [pytest.mark.xdist_group("bare"), pytest.mark.timeout(240)]

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "use-the-api.md").read_text("utf-8")
CURL = re.findall(r"^curl .*$", PAGE, re.MULTILINE)
PYTHON = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def server(asked: tuple[Bare, str], monkeypatch: pytest.MonkeyPatch) -> Bare:
    monkeypatch.setenv("FBKIT_TOKEN", TOKEN)
    return asked[0]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here")
@pytest.mark.parametrize("line", CURL)
def test_every_command_of_the_page_answers(line: str, server: Bare) -> None:
    told = subprocess.run(line.replace("8899", str(server.port)), shell=True, capture_output=True, check=True)  # noqa: S602 - our own page
    body = json.loads(told.stdout)
    assert body["market"] == "SIMULATED", body
    assert body["reasons"] if "health" in line else body["items"]


def test_every_line_of_python_on_the_page_runs(server: Bare, capsys: pytest.CaptureFixture[str]) -> None:
    assert (len(CURL), len(PYTHON)) == (5, 2)
    names: dict[str, object] = {}
    for code in PYTHON:
        exec(code.replace("8899", str(server.port)), names)  # noqa: S102 - our own page
    assert "0 bars, 0 alerts" in capsys.readouterr().out
    assert names["kept"] == 32
    assert len(names["bars"]) == 30  # type: ignore[arg-type]  # a frame
    client = names["client"]
    assert isinstance(client, Client)
    client.close()
