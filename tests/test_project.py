"""What the project promises about itself: hashed locks, no index, unsafe loading caught, reasons, clean notebooks."""

import ast
import json
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import dev

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-uv.txt")
CONFIGS = ("pyproject.toml", "environment.yml", ".pre-commit-config.yaml", ".gitattributes", ".ci/run", "dev.py")
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
RUN = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]
DEV = PROJECT["dependency-groups"]["dev"]


def entries(lock: str) -> list[str]:
    """The requirements of a lock, each with its hashes on one line, comments gone."""
    text = (ROOT / lock).read_text("utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def pins(lock: str) -> dict[str, set[str]]:
    """Versions by name; some names have one for each kind of machine."""
    found: dict[str, set[str]] = {}
    for entry in entries(lock):
        (pin,) = (requirement := Requirement(HASH.sub("", entry))).specifier
        assert pin.operator == "==", entry
        found.setdefault(canonicalize_name(requirement.name), set()).add(pin.version)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_hashed(lock):
    assert [entry for entry in entries(lock) if not HASH.search(entry)] == []
    assert len(pins(lock)) > 0


@pytest.mark.parametrize("name", [*LOCKS, *CONFIGS])
def test_no_lock_or_config_names_an_index(name):
    text = (ROOT / name).read_text("utf-8")
    assert re.findall(r"https?://\S+|file://\S+|--(?:extra-)?index-url.*|--find-links.*", text) == []


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_the_lock_holds_every_dependency_at_a_version_it_allows(lock):
    held = pins(lock)
    for requirement in map(Requirement, RUN + (DEV if lock == LOCKS[1] else [])):
        versions = held.get(canonicalize_name(requirement.name), set())
        assert any(requirement.specifier.contains(version) for version in versions), (
            f"{requirement}: not in {lock} as asked; run `python dev.py lock`"
        )


def test_both_locks_hold_the_same_versions():
    run, everything = pins(LOCKS[0]), pins(LOCKS[1])
    assert {name: everything.get(name) for name in run} == run


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_pyarrow_stays_out(lock):
    assert "pyarrow" not in pins(lock)


def test_conda_uses_the_lock():
    wanted = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    assert {"pip": ["-r requirements.lock"]} in wanted


UNSAFE = {
    "import pickle": "TID251",
    "from pickle import loads": "TID251",
    "import pickle\npickle.loads(b'')": "S301",
    "eval(input())": "S307",
    "exec(input())": "S102",
    "import yaml\nyaml.load(open('x'))": "S506",
    "import subprocess\nsubprocess.run('ls | wc', shell=True)": "S602",
    "import os\nos.system('ls')": "S605",
}


@pytest.mark.faults("S10")
@pytest.mark.parametrize(("code", "rule"), UNSAFE.items())
@pytest.mark.parametrize("where", ["src/fbkit/store/planted.py", "tests/planted.py", "notebooks/planted.py"])
def test_the_linter_catches_unsafe_loading(code, rule, where):
    command = [sys.executable, "-m", "ruff", "check", "--output-format=json", f"--stdin-filename={where}", "-"]
    told = subprocess.run(command, input=code, capture_output=True, text=True, cwd=ROOT, check=False)
    assert rule in {fault["code"] for fault in json.loads(told.stdout)}


def test_every_ignored_rule_has_its_reason_on_the_line():
    section, silent = "", []
    for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines():
        section = line if line.startswith("[") else section
        ignores = section in {"[tool.ruff.lint.per-file-ignores]", "[tool.ruff.lint]"} and re.match(r'    "[A-Z]', line)
        untyped = section == "[[tool.mypy.overrides]]" and re.match(r'    "', line)
        warning = re.match(r'    ["\']ignore', line)
        if (ignores or untyped or warning) and not re.search(r"# \w.{4,}", line):
            silent.append(line.strip())
    assert silent == []


def test_every_rule_silenced_in_code_has_its_reason_on_the_line():
    silenced = re.compile(r"# (?:noqa: [A-Z0-9, ]+|type: ignore\[[a-z-]+(?:, ?[a-z-]+)*\])(?P<reason>.*)$")
    files = [ROOT / "dev.py", *(ROOT / "src").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    lines = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (match := silenced.search(line)) and not re.search(r"\w{3,}", match["reason"])
    ]
    assert lines == []


def test_notebooks_carry_no_outputs():
    full = [
        path.name
        for path in (ROOT / "notebooks").rglob("*.ipynb")
        for cell in json.loads(path.read_text("utf-8"))["cells"]
        if cell.get("outputs") or cell.get("execution_count")
    ]
    assert full == []


def test_dev_needs_the_standard_library_only():
    tree = ast.parse((ROOT / "dev.py").read_text("utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_dev_says_what_it_does(capsys):
    assert dev.main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(re.search(rf"^  {word} +\w.+", told, re.MULTILINE) for word in dev.WORDS)


@pytest.mark.parametrize("words", [["nonsense"], ["install", "everything"], ["lint", "nothing"], ["bench"]])
def test_dev_refuses_what_it_does_not_know(words, capsys, monkeypatch):
    monkeypatch.setattr(dev, "install", lambda kind: None)
    assert dev.main(words) == 2
    assert words[-1] in capsys.readouterr().err


def test_uv_goes_the_way_pip_was_told(monkeypatch):
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_CONFIG_FILE", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    monkeypatch.setenv("PIP_FIND_LINKS", "wheels")
    env = dev.uv_environment()
    assert (env["UV_DEFAULT_INDEX"], env["UV_FIND_LINKS"]) == ("https://packages.example/simple", "wheels")


def test_uv_keeps_the_way_it_was_told_itself(monkeypatch):
    monkeypatch.setenv("UV_DEFAULT_INDEX", "https://ours.example/simple")
    monkeypatch.setenv("PIP_INDEX_URL", "https://packages.example/simple")
    assert dev.uv_environment()["UV_DEFAULT_INDEX"] == "https://ours.example/simple"


def test_a_browser_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setenv("FBKIT_BROWSER", "no/such/chromium")
    with pytest.raises(SystemExit, match="no/such/chromium"):
        dev.find_browser()


def test_without_a_browser_the_line_to_run_is_told(monkeypatch, capsys):
    monkeypatch.setattr(dev, "find_browser", lambda: None)
    monkeypatch.setattr(dev.shutil, "which", lambda name: None)
    with pytest.raises(SystemExit) as end:
        dev.get_browser()
    assert end.value.code == 1
    assert "apt-get install -y chromium" in capsys.readouterr().err


def test_hooks_go_through_the_one_door():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    entries = [hook["entry"].split() for repo in hooks for hook in repo["hooks"]]
    assert {repo["repo"] for repo in hooks} == {"local"}
    assert {entry[-1] for entry in entries} == set(dev.LINTERS)
    assert {tuple(entry[:-1]) for entry in entries} == {("python", "dev.py", "lint")}


@pytest.mark.slow
def test_the_wheel_carries_code_notebooks_and_everything_beside_the_code(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    source = [p.relative_to(ROOT / "src") for p in (ROOT / "src" / "fbkit").rglob("*") if p.is_file()]
    wanted = {path.as_posix() for path in source if "__pycache__" not in path.parts and path.suffix != ".pyc"}
    wanted |= {f"fbkit/_notebooks/{p.name}" for p in (ROOT / "notebooks").glob("*.ipynb")}
    assert wanted - held == set()


def test_the_linters_read_every_room():
    shown = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--show-files"], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout
    unread = {str(p) for p in (ROOT / "src").rglob("*.py")} - set(shown.splitlines())
    assert unread == set()
