"""Gate's rule of sequence."""

import pytest

from fbkit.feeds.gate.book import Books
from fbkit.feeds.gate.rows import BookPage
from fbkit.feeds.gate.wire import BookUpdateRow, LevelRow

MS = 1_000_000


@pytest.fixture
def told():
    return []


@pytest.fixture
def books(told):
    return Books(told.append, told.append)


def update(first, last, bids=(), asks=(), t=1_774_443_183_000):
    return BookUpdateRow("X", first, last, [LevelRow(*one) for one in bids], [LevelRow(*one) for one in asks], t + last)


def page(number, bids=((99.0, 1.0),), asks=((101.0, 1.0),)):
    return BookPage([LevelRow(*one) for one in asks], [LevelRow(*one) for one in bids], 1_774_443_183.0, 0.0, number)


def test_the_first_update_spans_the_snapshots_next_id(books, told):
    for first, last in ((90, 95), (96, 104), (105, 105)):
        assert not books.update(update(first, last, bids=[(98.0, last)])).synced
    book = books.start("X", page(100))
    assert (book.synced, book.last, book.top()[0]) == (True, 105, [(99.0, 1.0), (98.0, 105.0)])
    assert told == []


def test_a_snapshot_older_than_what_waits_leaves_the_book_waiting_untold(books, told):
    books.update(update(110, 112))
    assert not books.start("X", page(100)).synced
    assert books.awaits("X")
    assert told == []
    assert books.start("X", page(111)).last == 112
    assert told == [], "what never began was not broken"


def test_an_update_goes_on_where_the_last_one_ended(books, told):
    books.start("X", page(100))
    assert books.update(update(101, 103)).last == 103
    assert books.update(update(104, 104)).last == 104
    assert told == []


def test_a_repetition_changes_nothing(books, told):
    books.start("X", page(100))
    books.update(update(101, 103, bids=[(98.0, 5.0)]))
    book = books.update(update(101, 103, bids=[(97.0, 5.0)]))
    assert (book.last, len(book.top()[0])) == (103, 2)
    assert told == []


def test_a_hole_breaks_the_book_until_a_snapshot_that_fits(books, told):
    books.start("X", page(100))
    books.update(update(101, 103))
    book = books.update(update(106, 107, bids=[(98.0, 7.0)]))
    [broken] = told
    assert (broken.symbol, broken.expected, broken.received, book.synced) == ("X", 104, 106, False)
    assert not books.start("X", page(103)).synced, "that is where we were"
    books.update(update(108, 108))
    assert told == [broken], "told once"
    assert books.start("X", page(106)).last == 108
    assert told == [broken, "X"]


def test_after_a_cut_a_book_begins_anew_and_is_not_broken(books, told):
    books.start("X", page(100))
    books.forget(["X", "Y"])
    assert not books.update(update(500, 501)).synced
    assert books.start("X", page(499)).last == 501
    assert told == []


def test_a_snapshot_asked_for_twice_does_not_turn_back_time(books):
    books.start("X", page(100))
    books.update(update(101, 103, bids=[(98.0, 5.0)]))
    assert books.start("X", page(102)).last == 103


def test_a_top_is_told_when_it_moved_and_at_most_twice_a_second(books):
    book = books.start("X", page(100))
    assert book.moved()
    assert book.is_calm()
    book.ts += 500 * MS
    assert not book.is_calm()
    assert not book.moved()
    books.update(update(101, 101, bids=[(98.0, 5.0)], t=1_774_443_183_600))
    assert book.moved()
    assert book.told[0] == [(99.0, 1.0), (98.0, 5.0)]


def test_a_new_snapshot_is_looked_at_though_nothing_changed_since(books):
    levels = [(99.0 - k, 1.0) for k in range(6)], [(101.0 + k, 1.0) for k in range(6)]
    book = books.start("X", page(100, *levels))
    assert book.moved()
    book.begin(200, book.ts, [LevelRow(98.5, 2.0)], [])
    assert book.moved()
    assert book.told == ([(98.5, 2.0)], [])


def test_changes_far_from_the_middle_are_kept_and_count_when_they_come_near(books):
    levels = [(99.0 - k, 1.0) for k in range(6)], [(101.0 + k, 1.0) for k in range(6)]
    book = books.start("X", page(100, *levels))
    assert book.moved()
    books.update(update(101, 101, bids=[(94.0, 7.0)]))
    assert not book.moved(), "the sixth bid"
    books.update(update(102, 102, bids=[(99.0, 0.0)]))
    assert book.moved()
    assert book.told[0][-1] == (94.0, 7.0)
