"""A workspace whose collector and page are small: the server is under test, not they."""

import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

COLLECTOR = Path(__file__).with_name("fake_collector.py")

COLLECT = f"""
import subprocess
from fbkit.hub import OwnerLink
from fbkit.runtime import database_url
from fbkit.settings import load_settings
settings = load_settings()
child = subprocess.Popen([{sys.executable!r}, {str(COLLECTOR)!r}], start_new_session=True)
owner = OwnerLink(settings, database_url(settings))
assert owner.wait(20)
counter = 1337
"""

PAGE = """
import asyncio
import ipywidgets
shown = ipywidgets.IntText(0)
async def move():
    while True:
        shown.value += 1
        await asyncio.sleep(0.1)
moving = asyncio.ensure_future(move())
shown
"""


def make_workspace(root, *, collect=COLLECT, page=PAGE):
    """Write the two notebooks; the rest is copied by the server, and these are left alone."""
    folder = root / "notebooks"
    folder.mkdir(parents=True, exist_ok=True)
    for name, source in (("10_collect.ipynb", collect), ("30_dashboard.ipynb", page)):
        cells = [new_markdown_cell("# A question?"), new_code_cell(source)]
        kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / name)
    return root
