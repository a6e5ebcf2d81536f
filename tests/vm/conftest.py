"""A rig for each scenario, of which nothing is left, however it ended."""

import asyncio
from collections.abc import AsyncIterator, Generator
from pathlib import Path

import pytest

from rds_csi_async.domain.identifiers import NQN_PREFIX
from rds_csi_async.host.process import Programs
from rds_csi_async.host.sysfs import list_subsystems
from tests.host.loop_devices import clean_up
from tests.vm.rig import KINDS, WHOLE, VmRig
from tests.vm.stages import Stages, staging_here

_WAIT_S = 60.0
_SHOWN_LINES = 60
_SAID_AT_ONCE = 1500  # letters


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Have a scenario that takes a `kind` run with each that there is, or with the one that its mark names."""
    if "kind" not in metafunc.fixturenames:
        return
    mark = metafunc.definition.get_closest_marker("kind")
    usual, unfit = (mark.args[0], mark.kwargs.get("without", ())) if mark else (KINDS[0], ())
    metafunc.parametrize("kind", [kind for kind in KINDS if kind not in unfit] if WHOLE else [usual])


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[VmRig]:
    """Give a rig in which nothing runs yet."""
    rig = VmRig(tmp_path)
    try:
        yield rig
    finally:
        await rig.stop()
        await _detach_all()
        await asyncio.to_thread(clean_up, tmp_path)


@pytest.fixture
async def stages(tmp_path: Path) -> AsyncIterator[Stages]:
    """Give a node in this process, without volumes."""
    try:
        async with staging_here(tmp_path) as stages:
            yield stages
    finally:
        await _detach_all()
        await asyncio.to_thread(clean_up, tmp_path)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Generator[list[str]]:
    """Take what a scenario has measured, and show it when it ends."""
    lines: list[str] = []
    yield lines
    for line in lines:
        request.config.get_terminal_writer().line(f"\nmeasured: {line}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the processes of a scenario said last when it fails: their logs go with the guest.

    Why it failed is said at once, since the rest may take a while.
    """
    report = yield
    if report.failed:
        item.config.get_terminal_writer().line(f"\n{report.longreprtext[-_SAID_AT_ONCE:]}")
    rig = getattr(item, "funcargs", {}).get("rig")
    if report.failed and isinstance(rig, VmRig):
        for log in sorted(rig.folder.glob("*.log")):
            report.sections.append((log.name, "\n".join(log.read_text().splitlines()[-_SHOWN_LINES:])))
    return report


async def _detach_all() -> None:
    """End all sessions that a failed scenario left: what hangs is free then, and can be unmounted."""
    for each in await asyncio.to_thread(list_subsystems, Path("/sys")):
        if each.nqn.startswith(NQN_PREFIX) and each.is_connected:
            await Programs().run(("nvme", "disconnect", f"--nqn={each.nqn}"), timeout_s=_WAIT_S)
