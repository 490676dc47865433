"""What is written in openapi.yaml is what is served, in both directions."""

import re
from importlib import resources

import pytest
import yaml

from fbkit import __version__
from fbkit.model import TIMEFRAMES, Market
from fbkit.server.handlers import questions
from fbkit.server.page import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET


@pytest.fixture(scope="module")
def spec():
    return yaml.safe_load((resources.files("fbkit.server") / "openapi.yaml").read_text("utf-8"))


class AnyManager:
    def __getattr__(self, name):
        return name


def test_the_written_paths_are_the_routes(spec):
    routes = {"/stream"} | {f"/{re.sub(r'[(].*?[)]', '{instrument}', route)}" for route in questions(AnyManager())}
    assert routes == set(spec["paths"])
    assert all(set(path) == {"get"} for path in spec["paths"].values())


def test_the_written_limits_are_those_in_force(spec):
    words = spec["components"]["parameters"]
    assert words["tf"]["schema"]["enum"] == list(TIMEFRAMES)
    assert words["limit"]["schema"] == {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    assert words["offset"]["schema"]["maximum"] == MAX_OFFSET
    assert spec["components"]["schemas"]["Market"]["enum"] == [str(market) for market in Market]
    assert spec["info"]["version"] == __version__


def test_every_reference_leads_somewhere(spec):
    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "$ref":
                    yield value
                else:
                    yield from walk(value)
        elif isinstance(node, list):
            for value in node:
                yield from walk(value)

    found = list(walk(spec))
    assert found
    for reference in found:
        place = spec
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
