"""Programs that some tests compare us with."""

import os
import shutil
from pathlib import Path

import pytest

REQUIRE_TOOLS = "RDS_CSI_REQUIRE_TOOLS"
FETCHED = Path(__file__).parents[1] / ".cache" / "bin"  # where .ci/set_up.py puts what is not Debian's


def find_tool(name: str) -> str:
    """Return the path of a program, or skip the test; where `RDS_CSI_REQUIRE_TOOLS` is set its absence is a failure.

    Looks at the file system, so call it where no event loop runs.
    """
    path = shutil.which(name) or shutil.which(name, path=str(FETCHED))
    if path is not None:
        return path
    if os.environ.get(REQUIRE_TOOLS):  # noqa: TID251  # a switch of the test run, not a setting of the driver
        pytest.fail(f"{name} is required here and not found")
    pytest.skip(f"{name} is not found")
