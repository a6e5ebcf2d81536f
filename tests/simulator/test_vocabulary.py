"""The built-in commands take the arguments that both supported ends of the version range have."""

import pytest

from rds_csi_async.simulator.flow_commands import FLOW_COMMANDS
from rds_csi_async.simulator.value_commands import VALUE_COMMANDS
from rds_csi_async.simulator.vocabulary import BUILT_IN_SHAPES, Kind


def test_every_command_that_parses_can_run() -> None:
    """And the other way round."""
    assert FLOW_COMMANDS.keys() | VALUE_COMMANDS.keys() == BUILT_IN_SHAPES.keys()


@pytest.mark.parametrize("name", ["break", "continue", "exit"])
def test_what_older_versions_lack_is_unknown(name: str) -> None:
    """A line for all versions cannot use it."""
    assert name not in BUILT_IN_SHAPES


def test_names_that_python_reserves_are_given_as_the_console_has_them() -> None:
    """Without an underscore."""
    assert BUILT_IN_SHAPES["onerror"].parameters["in"] is Kind.CODE
    assert BUILT_IN_SHAPES["do"].parameters["on-error"] is Kind.CODE
    assert BUILT_IN_SHAPES["pick"].positional == ("counter", "begin", "end")
