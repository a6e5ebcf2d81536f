"""Programs that some tests compare us with."""

import os
import shutil

import pytest

REQUIRE_TOOLS = "RDS_CSI_REQUIRE_TOOLS"


def find_tool(name: str) -> str:
    """Return the path of a program, or skip the test; where `RDS_CSI_REQUIRE_TOOLS` is set its absence is a failure.

    Looks at the file system, so call it where no event loop runs.
    """
    path = shutil.which(name)
    if path is not None:
        return path
    if os.environ.get(REQUIRE_TOOLS):  # noqa: TID251  # a switch of the test run, not a setting of the driver
        pytest.fail(f"{name} is required here and not found")
    pytest.skip(f"{name} is not found")
