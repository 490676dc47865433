"""What every test stands on: a home and a workspace of its own, and nothing of the user's."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
KEPT = {"FBKIT_BROWSER", "FBKIT_POSTGRES", "FBKIT_REAL_DATA"}  # where the machine has what tests need
OWN = pytest.StashKey[Path]()


def pytest_configure(config):
    """Before anything is imported: no setting and no Jupyter file of the user's reaches a test."""
    own = Path(tempfile.mkdtemp(prefix="fbkit-tests-"))
    config.stash[OWN] = own
    for name in [name for name in os.environ if name.startswith("FBKIT_") and name not in KEPT]:
        del os.environ[name]
    places = {"FBKIT_HOME": "home", "FBKIT_WORKSPACE": "workspace", "IPYTHONDIR": "ipython"}
    places |= {f"JUPYTER_{kind}_DIR": f"jupyter/{kind.lower()}" for kind in ("CONFIG", "DATA", "RUNTIME")}
    for name, place in places.items():
        (own / place).mkdir(parents=True)
        os.environ[name] = str(own / place)
    os.environ |= {"MPLBACKEND": "agg", "JUPYTER_PLATFORM_DIRS": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def pytest_unconfigure(config):
    shutil.rmtree(config.stash[OWN], ignore_errors=True)


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """A home and a workspace for each test; a fixture of wider scope makes its own and passes them on."""
    for name in ("home", "workspace"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"FBKIT_{name.upper()}", str(tmp_path / name))


@pytest.fixture
def home(tmp_path):
    """FBKIT_HOME of this test."""
    return tmp_path / "home"


@pytest.fixture
def workspace(tmp_path):
    """FBKIT_WORKSPACE of this test."""
    return tmp_path / "workspace"


@pytest.fixture
def new_postgres():
    """Makes databases on a real PostgreSQL server, gives their URLs; without a server the test is skipped.

    They have our tables and hold nothing, or with ``empty=True`` not even these.
    """
    from tests.store.postgres.server import server

    made = []

    def make(*, empty=False):
        made.append(server().create() if empty else server().create_with_tables())
        return made[-1]

    yield make
    for url in made:
        server().drop(url)


@pytest.fixture
def postgres_url(new_postgres):
    """The URL of one such database."""
    return new_postgres()


@pytest.fixture(scope="session")
def real_data():
    """The folder of recorded messages; without it the test is skipped, saying so."""
    folder = Path(os.environ.get("FBKIT_REAL_DATA") or ROOT.parent / "shared" / "data" / "real")
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder}; set FBKIT_REAL_DATA to the folder that has it")
    return folder


@pytest.fixture(scope="session")
def browser_path():
    """A Chromium for browser tests; without one they fail, saying what to do."""
    found = os.environ.get("FBKIT_BROWSER")
    if not found or not Path(found).exists():
        pytest.fail("no browser: run the tests with `python dev.py test …`, or set FBKIT_BROWSER to a Chromium")
    return found
