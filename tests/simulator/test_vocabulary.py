"""The built-in commands take the arguments that both supported ends of the version range have."""

import pytest

from rds_csi_async.simulator.code_commands import CODE_COMMANDS
from rds_csi_async.simulator.flow_commands import FLOW_COMMANDS
from rds_csi_async.simulator.loop_commands import LOOP_COMMANDS
from rds_csi_async.simulator.value_commands import VALUE_COMMANDS
from rds_csi_async.simulator.vocabulary import BUILT_IN_SHAPES, LATER_SHAPES, Kind


def test_every_command_that_parses_can_run() -> None:
    """And the other way round."""
    runs = [*CODE_COMMANDS, *FLOW_COMMANDS, *LOOP_COMMANDS, *VALUE_COMMANDS]
    assert sorted(runs) == sorted([*BUILT_IN_SHAPES, *LATER_SHAPES])


@pytest.mark.parametrize("name", ["break", "continue", "exit"])
def test_what_older_versions_lack_is_apart(name: str) -> None:
    """A line for all versions cannot use it."""
    assert name not in BUILT_IN_SHAPES
    assert name in LATER_SHAPES


def test_names_that_python_reserves_are_given_as_the_console_has_them() -> None:
    """Without an underscore."""
    assert BUILT_IN_SHAPES["onerror"].parameters["in"] is Kind.CODE
    assert BUILT_IN_SHAPES["do"].parameters["on-error"] is Kind.CODE
    assert BUILT_IN_SHAPES["pick"].positional == ("counter", "begin", "end")
