"""A command knows what an error's tail calls it."""

from rds_csi_async.simulator.syntax_tree import Command, Literal


def test_origin() -> None:
    """Built-in commands by their colon, verbs by their path."""
    assert Command(None, "put").origin == ":put"
    assert Command(("disk", "btrfs"), "print").origin == "/disk/btrfs/print"


def test_arguments_by_name() -> None:
    """None is one that was not given."""
    command = Command(None, "put", (("message", Literal(1)),))
    assert (command.find_argument("message"), command.find_argument("other")) == (Literal(1), None)
