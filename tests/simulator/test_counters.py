"""Counts can be told to others, and begun anew."""

from rds_csi_async.simulator.counters import Counters


def test_counts_as_a_document() -> None:
    """Verbs by path, listings by menu, logins by user."""
    counters = Counters(commands=2)
    counters.count_login("admin")
    for verb in ("/disk/print", "/disk/print", "/file/remove"):
        counters.count_verb(verb)
    counters.count_rows("/disk/print", 3, listing=True)
    counters.count_rows("/disk/print", 1, listing=False)
    document = counters.as_document()
    assert document["verbs"] == {"/disk/print": 2, "/file/remove": 1}
    assert (document["listings"], document["rows"], document["commands"]) == ({"/disk": 1}, 4, 2)
    assert document["logins_by_user"] == {"admin": 1}


def test_lines_side_by_side_are_counted() -> None:
    """The most there ever were."""
    counters = Counters()
    counters.count_line("a")
    counters.count_line("b")
    counters.count_line_end()
    counters.count_line("c")
    assert (counters.running, counters.most_at_once, counters.commands) == (2, 2, 3)


def test_a_verb_is_added_up_over_menus() -> None:
    """Whatever is removed is a removal."""
    counters = Counters()
    for verb in ("/disk/remove", "/file/remove", "/disk/add"):
        counters.count_verb(verb)
    assert counters.total("remove") == 2


def test_counting_begins_anew() -> None:
    """What runs is not forgotten."""
    counters = Counters(held=1)
    counters.count_line("a")
    counters.count_verb("/disk/add")
    counters.reset()
    assert counters.as_document() == Counters(running=1, most_at_once=1).as_document()
