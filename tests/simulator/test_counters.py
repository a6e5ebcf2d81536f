"""Counts can be told to others."""

from rds_csi_async.simulator.counters import Counters


def test_counts_as_a_document() -> None:
    """Verbs by name."""
    counters = Counters(commands=2)
    counters.count_verb("print")
    counters.count_verb("print")
    assert counters.as_document() == {
        "connections": 0,
        "logins": 0,
        "refused_logins": 0,
        "commands": 2,
        "held": 0,
        "verbs": {"print": 2},
    }
