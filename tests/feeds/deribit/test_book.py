"""Books by change ids."""

import pytest

from fbkit.feeds.book import Break
from fbkit.feeds.deribit.book import Books
from fbkit.feeds.deribit.wire import BookData

X = "BTC-PERPETUAL"


def snapshot(change_id, bids=(), asks=()):
    return BookData(X, 0, change_id, list(bids), list(asks), type="snapshot")


def change(before, change_id, bids=(), asks=()):
    return BookData(X, 0, change_id, list(bids), list(asks), before, "change")


@pytest.fixture
def told():
    return []


@pytest.fixture
def books(told):
    return Books(told.append, told.append)


def test_levels_are_new_changed_and_deleted(books):
    books.update(snapshot(1, [("new", 99.0, 1.0), ("new", 98.0, 2.0)], [("new", 100.0, 5.0)]))
    book, _ = books.update(change(1, 4, [("delete", 99.0, 0.0), ("change", 98.0, 3.0)], [("new", 99.5, 1.0)]))
    assert book.top() == ([(98.0, 3.0)], [(99.5, 1.0), (100.0, 5.0)])


def test_a_deleted_level_is_gone_whatever_amount_stands_beside_it(books):
    books.update(snapshot(1, [("new", 99.0, 1.0)]))
    assert books.update(change(1, 2, [("delete", 99.0, 7.0)]))[0].top() == ([], [])


def test_an_update_before_its_snapshot_waits_for_it(books, told):
    assert books.update(change(5, 6))[1] == "no_state"
    assert told == []


def test_a_missing_update_breaks_the_book_and_a_snapshot_mends_it(books, told):
    books.update(snapshot(1))
    assert books.update(change(3, 4))[1] == "no_state"
    assert books.update(change(4, 5))[1] == "no_state"
    assert told == [Break(X, 1, 3)], "once, and no more until it is mended"
    assert books.update(snapshot(9))[1] is None
    assert told == [Break(X, 1, 3), X]


def test_a_repetition_changes_nothing(books, told):
    books.update(snapshot(1, [("new", 99.0, 1.0)]))
    books.update(change(1, 2, [("new", 98.0, 1.0)]))
    books.update(change(2, 3, [("delete", 98.0, 0.0)]))
    book, why_not = books.update(change(1, 2, [("new", 98.0, 1.0)]))
    assert (book.top(), why_not) == (([(99.0, 1.0)], []), "unchanged")
    assert told == []


def test_what_a_cut_made_us_forget_is_neither_broken_nor_mended(books, told):
    books.update(snapshot(1))
    books.forget([X, "unheard of"])
    assert books.update(change(1, 2))[1] == "no_state"
    assert books.update(snapshot(7))[1] is None
    assert told == []
