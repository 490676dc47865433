"""The room's words: each is what it says, whatever was imported before, and numbers alone take no pandas."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from fbkit import across


def test_no_file_of_the_room_is_named_like_a_word_of_it():
    files = {path.stem for path in Path(across.__file__).parent.glob("*.py")}
    assert not files & set(across.__all__)


@pytest.mark.parametrize("word", across.__all__)
def test_every_word_is_there_after_every_file_was_imported(word):
    for path in Path(across.__file__).parent.glob("[a-z]*.py"):
        import_module(f"fbkit.across.{path.stem}")
    assert callable(getattr(across, word)) or word == "UNITS"


def test_the_basis_of_a_coin_is_told_without_pandas():
    code = "import sys, fbkit.across.basis, fbkit.dashboard.market.basis; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
