"""What is written in openapi.yaml is what is served, in both directions."""

import re
from importlib import resources

import pytest
import yaml

from fbkit import __version__
from fbkit.feeds.offers import Offer
from fbkit.hub import LiveRow, Pulse
from fbkit.model import (
    METRIC_COLUMNS,
    TIMEFRAMES,
    AlertRow,
    BarRow,
    HealthRow,
    Instrument,
    Market,
    SummaryRow,
)
from fbkit.scorecard import APART, HORIZONS, UNITS
from fbkit.server.page import DEFAULT_LIMIT, MAX_LIMIT, MAX_OFFSET
from fbkit.server.routes import routes
from fbkit.server.stream import STREAM_TOPICS, STREAM_WORDS


@pytest.fixture(scope="module")
def spec():
    return yaml.safe_load((resources.files("fbkit.server") / "openapi.yaml").read_text("utf-8"))


class AnyManager:
    def __getattr__(self, name):
        return name


def served():
    """Every route as the contract writes it."""
    found = routes(AnyManager())
    return {f"/{pattern}".replace("([^/]+)", "{coin}" if "across" in pattern else "{instrument}"): one
            for pattern, one in found.items()}  # fmt: skip


def place(spec, reference):
    """Where a reference leads."""
    for step in reference.removeprefix("#/").split("/"):
        spec = spec[step]
    return spec


def test_the_written_paths_are_the_routes(spec):
    assert {"/stream", *served()} == set(spec["paths"])
    assert all(set(path) == {"get"} for path in spec["paths"].values())


def test_the_written_words_of_each_path_are_those_it_understands(spec):
    for path, route in served().items():
        named = [place(spec, one["$ref"]) for one in spec["paths"][path]["get"].get("parameters", [])]
        assert {one["name"] for one in named if one["in"] == "query"} == set(route.words), path
        assert {f"{{{one['name']}}}" for one in named if one["in"] == "path"} == set(re.findall(r"{.*?}", path)), path
    stream = spec["paths"]["/stream"]["get"]["parameters"]
    assert {one["name"] for one in stream} == STREAM_WORDS - {"token"}
    assert set(stream[0]["schema"]["items"]["enum"]) == STREAM_TOPICS


def test_each_path_says_what_it_answers_and_how_it_refuses(spec):
    names = [one["get"]["operationId"] for one in spec["paths"].values()]
    assert len(set(names)) == len(names)
    for path, one in spec["paths"].items():
        answers = set(one["get"]["responses"])
        assert {"400", "403"} <= answers, path
        assert ("404" in answers) == ("{" in path or "tf" in str(one["get"].get("parameters", ""))), path


@pytest.mark.parametrize(
    ("schema", "fields"),
    [
        ("Bar", BarRow.__struct_fields__),
        ("Summary", SummaryRow.__struct_fields__),
        ("Alert", AlertRow.__struct_fields__),
        ("StreamHealth", HealthRow.__struct_fields__),
        ("LiveRow", LiveRow.__struct_fields__),
        ("Beat", Pulse.__struct_fields__),
        ("MetricValues", METRIC_COLUMNS),
        ("Instrument", (*Instrument.__struct_fields__, "price_ratio")),
        ("Offer", Offer._fields),
    ],
)
def test_the_written_fields_are_those_there_are(spec, schema, fields):
    written = spec["components"]["schemas"][schema]
    assert set(written["properties"]) == set(written["required"]) == set(fields)


def test_a_score_has_the_written_fields(spec):
    written = spec["components"]["schemas"]["Score"]
    assert set(written["properties"]) == {*APART, "horizon", *UNITS}
    assert set(written["required"]) == {"horizon", *UNITS}
    assert spec["components"]["parameters"]["by"]["schema"]["items"]["enum"] == list(APART)
    assert spec["components"]["parameters"]["horizon"]["schema"]["items"]["enum"] == list(HORIZONS)


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
        assert place(spec, reference)
