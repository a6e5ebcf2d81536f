"""A short run of what `python -m tests.faults` does for long."""

from pathlib import Path

import pytest

from tests.faults.living import running


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_no_answer_is_wrong_and_nothing_is_left(tmp_path: Path, seed: int) -> None:
    """Whatever befalls the lines, the appliance, or the controllers."""
    async with running(tmp_path, seed, 120) as run:
        await run.live()
        assert not run.wrong, "\n".join([run.report(), *run.history, *run.wrong])
        assert sum(run.simulator.counters.faults.values()) >= 20, run.report()
