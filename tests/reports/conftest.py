import json

import pytest

from fbkit.settings import load_settings


def cell(source, *tags, kind="code"):
    """A cell as nbformat has it."""
    code = {"outputs": [], "execution_count": None} if kind == "code" else {}
    return {
        "cell_type": kind,
        "id": f"c{abs(hash(source)) % 10**8}",
        "metadata": {"tags": list(tags)},
        "source": source,
        **code,
    }


def notebook(*cells):
    """A notebook file's text."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return json.dumps({"cells": list(cells), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture
def settings():
    return load_settings()


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A home and a workspace that the tests of one file share, with notebooks that do what their names say."""
    root = tmp_path_factory.mktemp("shop")
    folder = root / "workspace" / "notebooks"
    folder.mkdir(parents=True)
    (root / "home").mkdir()
    given = cell('text = "x"  # any text\nhours = 24\ndo = "nothing"', "parameters")
    deeds = """
import os, pathlib, time
pathlib.Path("seen.json").write_text(__import__("json").dumps([text, hours, dict(os.environ)]))
if do == "raise": 1 / 0
pathlib.Path(os.environ["FBKIT_HOME"], "running").write_text(str(os.getpid()))
if do == "sleep": time.sleep(60)
print("text is", text)
import base64
seen = base64.b64encode(pathlib.Path("seen.json").read_bytes()).decode()
display({"text/plain": "", "application/vnd.fbkit.files+json": {"seen.json": seen}}, raw=True)
"""
    (folder / "91_deeds_report.ipynb").write_text(notebook(cell("# Deeds", kind="markdown"), given, cell(deeds)))
    return load_settings(home=root / "home", workspace=root / "workspace", token="sentinel-token-77")
