"""Numbers are kept family by family, and what is not known is not there."""

import pytest

from rds_csi_async.observability.definitions import Definition
from rds_csi_async.observability.exposition import Distribution, Kind
from rds_csi_async.observability.series import Row, SeriesStore

COUNTER = Definition("a_total", Kind.COUNTER, "A.", {"status": ("good", "bad")})
GAUGE = Definition("b", Kind.GAUGE, "B.")
UNKNOWN = Definition("c", Kind.GAUGE, "C.", unknown=True)
ROWS = Definition("d", Kind.GAUGE, "D.", {"appliance": (), "pool": ()}, unknown=True)
TIMES = Definition("e_seconds", Kind.HISTOGRAM, "E.", buckets=(1, 2))
TIMED = Definition("g_seconds", Kind.HISTOGRAM, "G.", {"verb": ()}, buckets=(1,))
INFO = Definition("f_info", Kind.INFO, "F.", {"version": ()})


@pytest.fixture
def store() -> SeriesStore:
    """Make one of each kind."""
    return SeriesStore((COUNTER, GAUGE, UNKNOWN, ROWS, TIMES, TIMED, INFO), {"version": ("1",)})


def _read(store: SeriesStore, definition: Definition) -> dict[tuple[str, ...], float | Distribution]:
    (family,) = [family for family in store.list_families() if family.name == definition.name]
    return {tuple(series.labels.values()): series.value for series in family.series}


def test_what_is_known_beforehand_is_there(store: SeriesStore) -> None:
    """At 0, an info at 1; but for what is unknown until it is told."""
    assert _read(store, COUNTER) == {("good",): 0, ("bad",): 0}
    assert _read(store, GAUGE) == {(): 0}
    assert (_read(store, UNKNOWN), _read(store, ROWS)) == ({}, {})
    assert _read(store, INFO) == {("1",): 1}
    assert _read(store, TIMES) == {(): Distribution(((1.0, 0), (2.0, 0), (float("inf"), 0)), 0, 0.0)}


def test_counters_only_rise(store: SeriesStore) -> None:
    """By one, by many, to another's count; and never fall."""
    store.count(COUNTER, "good")
    store.count_many(COUNTER, 4, "good")
    store.count_many(COUNTER, -3, "good")
    store.raise_to(COUNTER, 7, "bad")
    store.raise_to(COUNTER, 2, "bad")
    assert _read(store, COUNTER) == {("good",): 5, ("bad",): 7}


def test_what_comes_to_be_known_begins_empty(store: SeriesStore) -> None:
    """And what was counted already stays."""
    store.count(COUNTER, "good")
    store.time(TIMES, 1.5)
    store.begin(COUNTER, "good")
    store.begin(COUNTER, "new")
    store.begin(TIMES)
    store.begin(TIMED, "new")
    assert _read(store, COUNTER) == {("good",): 1, ("bad",): 0, ("new",): 0}
    assert _read(store, TIMES) == {(): Distribution(((1.0, 0), (2.0, 1), (float("inf"), 1)), 1, 1.5)}
    assert _read(store, TIMED) == {("new",): Distribution(((1.0, 0), (float("inf"), 0)), 0, 0.0)}


def test_a_gauge_is_what_was_set_last(store: SeriesStore) -> None:
    """Read back, too."""
    store.set(GAUGE, 5)
    store.set(GAUGE, 2.5)
    assert (store.get(GAUGE), _read(store, GAUGE)) == (2.5, {(): 2.5})


def test_rows_are_replaced_by_owner(store: SeriesStore) -> None:
    """What is not told again has gone, and the other owner's stays."""
    first: list[Row] = [(("one", "p1"), 1), (("one", "p2"), 2)]
    store.replace(ROWS, "one", first)
    store.replace(ROWS, "other", [(("other", "p1"), 3)])
    store.replace(ROWS, "one", [(("one", "p2"), 4)])
    assert _read(store, ROWS) == {("other", "p1"): 3, ("one", "p2"): 4}
    store.replace(ROWS, "one", [(("one", "p2"), 4), (("one", "p1"), 5)])
    assert _read(store, ROWS) == {("other", "p1"): 3, ("one", "p2"): 4, ("one", "p1"): 5}
    store.replace(ROWS, "one", [])
    assert _read(store, ROWS) == {("other", "p1"): 3}
    store.replace(ROWS, "one", [])
    assert _read(store, ROWS) == {("other", "p1"): 3}


def test_replaced_rows_use_up_no_label_values(store: SeriesStore) -> None:
    """A thousand that came and went leave room for the next."""
    for number in range(1000):
        store.replace(ROWS, "one", [(("one", f"p{number}"), number)])
    assert _read(store, ROWS) == {("one", "p999"): 999}


@pytest.mark.parametrize("duration_s", [float("nan"), float("inf"), -1.0])
def test_only_durations_are_timed(store: SeriesStore, duration_s: float) -> None:
    """What is none leaves the sum a number."""
    store.time(TIMES, duration_s)
    store.time(TIMES, 1.5)
    assert _read(store, TIMES) == {(): Distribution(((1.0, 0), (2.0, 1), (float("inf"), 1)), 1, 1.5)}
