"""``openapi.yaml`` put to a running server: whatever is asked, it answers as is written, and nothing breaks."""

from importlib import resources

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.server.bare import Bare
from tests.server.conftest import BTC, fill

pytestmark = [pytest.mark.xdist_group("bare"), pytest.mark.timeout(240)]

CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]

schema = schemathesis.openapi.from_path(str(resources.files("fbkit.server") / "openapi.yaml"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    root = tmp_path_factory.mktemp("contract")
    url = f"sqlite:///{(root / 'asked.db').as_posix()}"
    fill(url)
    server = Bare(root, url)
    yield server
    server.end()


@schema.parametrize()
@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_route_answers_as_is_written(case, server):
    headers = {"Authorization": f"token {server.token}"}
    case.call_and_validate(base_url=f"{server.address}/fbkit/api", headers=headers, checks=CHECKS)


@pytest.mark.parametrize("path", [f"/history/{BTC}", "/across/BTC"])
def test_names_that_are_there_answer_as_is_written(path, server):
    route = "/history/{instrument}" if "history" in path else "/across/{coin}"
    operation = schema[route]["GET"]
    name = "instrument" if "history" in path else "coin"
    for tf in ("1m", "1d"):
        case = operation.Case(path_parameters={name: path.rpartition("/")[2]}, query={"tf": tf, "limit": 3})
        headers = {"Authorization": f"token {server.token}"}
        answer = case.call(base_url=f"{server.address}/fbkit/api", headers=headers)
        assert answer.status_code == 200
        case.validate_response(answer, checks=CHECKS)
