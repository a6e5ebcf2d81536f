"""The list is whole: each assumption is named once, says something, and says what follows."""

from rds_csi_async.domain.assumptions import ASSUMPTIONS, FILL_POOL, FROM_NODE, NODE, REBOOT, chosen


def test_each_is_named_once_and_speaks() -> None:
    """A key is a word for the command line, the rest is for people."""
    keys = [each.key for each in ASSUMPTIONS]
    assert len(set(keys)) == len(keys)
    assert all(each.key.replace("-", "").isalpha() and each.says and each.if_not for each in ASSUMPTIONS)


def test_the_connection_comes_first() -> None:
    """Without it nothing else can be tried."""
    assert ASSUMPTIONS[0].key == "connection"


def test_without_a_probe_nothing_is_changed() -> None:
    """Only what can be found out by looking, in the same order."""
    looked = chosen(probing=False)
    assert looked == tuple(each for each in ASSUMPTIONS if not each.changes)
    assert {"version", "pools", "node"} <= {each.key for each in looked}
    assert chosen(probing=True) == ASSUMPTIONS


def test_what_has_to_be_asked_for() -> None:
    """What needs a node, what may fill a pool, and what nobody does for a test."""
    asked = {each.key: each.only_with for each in ASSUMPTIONS if each.only_with}
    assert asked == {**{each.key: FROM_NODE for each in NODE}, "full-pool": FILL_POOL, "reboot-order": REBOOT}


def test_the_disk_is_tried_before_it_is_removed() -> None:
    """What works on the scratch disk stands between what makes it and what takes it away."""
    keys = [each.key for each in ASSUMPTIONS if each.changes]
    assert keys.index("room") < keys.index("add") < keys.index("grow") < keys.index("remove") < keys.index("place-gone")
