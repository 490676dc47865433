"""Every row of the fault catalogue that is about collector and store has a test, and the page says where."""

from __future__ import annotations

import pytest

from tests.faults.catalogue import IDS, PAGE, cell, files_by_row, held, rows_of_page

MUST = [*(f"C{n}" for n in range(1, 27)), "S5"]


@pytest.mark.parametrize("row", MUST)
def test_each_row_is_held_by_a_test(row):
    assert files_by_row()[row], f'no test is marked @pytest.mark.faults("{row}")'


def test_a_mark_names_rows_that_there_are():
    strange = {f"{one.path}::{one.test} {one.row}" for one in held() if one.row not in IDS}
    assert strange == set()


def test_the_page_has_every_row_and_says_which_tests_hold_it():
    now = files_by_row()
    wanted = {row: cell(files) for row, files in now.items()}
    told = "python -m tests.faults.catalogue writes it"
    assert rows_of_page(PAGE.read_text("utf-8")) == wanted, told
