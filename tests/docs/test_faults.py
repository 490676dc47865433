"""The script of faults in the docs is one that the simulator plays."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from fbkit.simulator.fault import FaultName
from fbkit.simulator.faults import FaultScript

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "plant-faults.md"


def test_the_script_is_read_and_every_kind_of_fault_is_explained() -> None:
    text = PAGE.read_text("utf-8")
    (script,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert len(FaultScript.parse(script).faults) == 14
    table = text[text.index("| fault |") :]
    assert {name for name in get_args(FaultName) if f"`{name}`" not in table} == set()
