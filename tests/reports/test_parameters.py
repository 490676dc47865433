import sys

import pytest

from fbkit.errors import ParameterRefused, SettingError, UnknownName
from fbkit.reports import list_reports, packaged_notebooks, run_report
from fbkit.reports.notebook import Cell, Notebook, find_notebook, read_notebook
from fbkit.reports.parameters import Parameter, check_parameters, parameters_of
from tests.reports.conftest import cell, notebook

KNOWN = [
    Parameter("tf", "str", "15m"),
    Parameter("hours", "int", 24),
    Parameter("text", "str", ""),
    Parameter("share", "float", 0.5),
    Parameter("on", "bool", default=True),
    Parameter("model_dump", "int", 1),
    Parameter("_under", "int", 1),
]


@pytest.mark.faults("R5")
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x=1;__import__('os').system('touch /tmp/x')", "1"),
        ("hour", "3"),
        ("__class__", "3"),
        ("hours ", "3"),
        ("hours", "a"),
        ("hours", "2.5"),
        ("hours", 2.5),
        ("hours", None),
        ("hours", "0"),
        ("hours", [1]),
        ("hours", "9" * 400),
        ("tf", "2m"),
        ("share", "nan"),
        ("share", "inf"),
        ("on", "perhaps"),
        ("text", 3),
        ("text", "x" * 5000),
        ("text", {"a": 1}),
    ],
)
def test_an_unknown_name_or_wrong_value_is_refused_with_exit_2(name, value):  # R5, S3
    with pytest.raises(ParameterRefused) as refused:
        check_parameters("status", KNOWN, {name: value})
    assert refused.value.exit_code == 2
    assert "nothing was run" in str(refused.value)


def test_values_come_in_their_types_and_defaults_are_not_added():
    given = {"tf": "1h", "hours": "12", "share": "2", "on": "no", "model_dump": "3", "_under": 4, "text": '";1/0'}
    assert check_parameters("status", KNOWN, given) == {
        "tf": "1h", "hours": 12, "share": 2.0, "on": False, "model_dump": 3, "_under": 4, "text": '";1/0',
    }  # fmt: skip
    assert check_parameters("status", KNOWN, {}) == {}


def test_parameters_are_read_without_running_the_cell():
    text = 'import os\nos.abort()\na = 1  # één getal\nb: float = 2\nc = "x"\nd = [1]\ne = f()\nf.g = 1\nh, i = 1, 2\n'
    found = parameters_of(Notebook([Cell("code", text, {"tags": ["parameters"]}), Cell("code", "z = 1")]))
    assert found == [Parameter("a", "int", 1, "één getal"), Parameter("b", "float", 2.0), Parameter("c", "str", "x")]


@pytest.mark.parametrize("text", ["a = (", "a\0b", "a = " + "(" * 5000])
def test_a_cell_that_is_no_python_has_no_parameters(text):
    assert parameters_of(Notebook([Cell("code", text, {"tags": ["parameters"]})])) == []


@pytest.mark.faults("S4")
@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "%2e%2e", "a\0", "CON", ".status", "a/b"])
def test_a_report_name_that_could_lead_elsewhere_is_refused(settings, workspace, name):  # S4
    with pytest.raises(SettingError) as refused:
        run_report(name, {}, settings)
    assert refused.value.exit_code == 2
    assert list(workspace.iterdir()) == []


@pytest.mark.faults("S4")
@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege on Windows")
def test_a_linked_notebook_is_no_report_and_a_linked_folder_takes_none(settings, workspace, tmp_path):  # S4
    (workspace / "notebooks").mkdir()
    (tmp_path / "evil.ipynb").write_text(notebook(cell("1")))
    (workspace / "notebooks" / "91_evil_report.ipynb").symlink_to(tmp_path / "evil.ipynb")
    with pytest.raises(UnknownName):
        find_notebook("evil", settings)
    (tmp_path / "elsewhere").mkdir()
    (workspace / "reports").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingError, match="links"):
        run_report("status", {}, settings)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_an_unknown_report_is_named_with_those_there_are(settings):
    with pytest.raises(UnknownName, match="status"):
        run_report("statsu", {}, settings)


@pytest.mark.faults
@pytest.mark.parametrize("data", [b"", b"{", b"[" * 100_000, b'{"cells": 3}', b"\xff\xfe"])
def test_a_file_that_is_no_notebook_is_said(tmp_path, data):  # S10
    (tmp_path / "a.ipynb").write_bytes(data)
    with pytest.raises(UnknownName, match="readable notebook"):
        read_notebook(tmp_path / "a.ipynb")


def test_the_status_report_is_listed_with_its_parameters_and_no_runs(settings):
    (status,) = [report for report in list_reports(settings) if report.name == "status"]
    assert {parameter.name: parameter.default for parameter in status.parameters} == {
        "tf": "15m", "hours": 24, "top": 8, "coin": "BTC",
    }  # fmt: skip
    assert all(parameter.help for parameter in status.parameters)
    assert (status.runs, status.latest) == ([], None)
    assert status.notebook.parent == packaged_notebooks()
