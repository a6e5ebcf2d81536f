"""The short form of the run; and that it finds a driver out that lies, or leaves something behind."""

import asyncio
from pathlib import Path

import pytest
from grpclib.const import Status

from rds_csi_async.csi import statuses
from rds_csi_async.domain.errors import UnknownOutcomeError
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.simulator.control_faults import fault_kinds
from rds_csi_async.simulator.faults import LineFault
from tests.faults.running import Report, run
from tests.faults.troubles import name_troubles

SEEDS = (1, 2)
OPERATIONS = 150
MANY = 400  # of which a liar gets through a few


async def _run(folder: Path, seed: int, operations: int) -> Report:
    root = folder / str(seed)
    await asyncio.to_thread(root.mkdir)
    return await run(root, seed, operations)


def _explain(report: Report) -> str:
    return "\n".join([f"seed {report.seed}", *report.log, *report.wrong, *report.left])


async def test_every_answer_is_true_and_nothing_is_left_behind(tmp_path: Path) -> None:
    """With one line in five hit by a fault, troubles of the whole appliance, and two drivers in the second half.

    `python -m tests.faults` is the long form.
    """
    for report in await asyncio.gather(*(_run(tmp_path, seed, OPERATIONS) for seed in SEEDS)):
        assert report.wrong == report.left == [], _explain(report)
        assert report.operations >= OPERATIONS
        assert report.statuses["OK"] > OPERATIONS // 15, "a driver that never does anything never lies"
        assert sum(report.faults[fault.value] for fault in LineFault) > report.commands // 12


async def test_who_takes_the_unknown_for_absence_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the mistake that loses volumes."""
    monkeypatch.setitem(statuses._STATUSES, UnknownOutcomeError, Status.NOT_FOUND)  # noqa: SLF001 - a liar is made
    assert (await run(tmp_path, 1, MANY)).wrong


async def test_who_deletes_nothing_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says that it is done."""

    async def do_nothing(_rds: RouterOsRds, _seen: Volume) -> None:
        pass

    monkeypatch.setattr(RouterOsRds, "remove_volume", do_nothing)
    assert (await run(tmp_path, 1, MANY)).wrong


async def test_who_leaves_files_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk alone goes."""

    async def remove_disk(rds: RouterOsRds, seen: Volume) -> None:
        removal = f'/disk/remove [/disk/find where slot="{seen.slot}"]'
        await rds._dialogue.ask([removal], mutating=True)  # noqa: SLF001 - likewise

    monkeypatch.setattr(RouterOsRds, "remove_volume", remove_disk)
    assert (await run(tmp_path, 1, MANY)).wrong


def test_all_that_can_go_wrong_is_drawn() -> None:
    """Each fault of the simulator's, but for those that are always on in a run, and a word that changes no answer."""
    drawn = {*name_troubles(), *(fault.value for fault in LineFault), "safe-mode"}
    left_out = {*fault_kinds(), "restart", "reboot", "restored-backup", "by-hand"} - drawn
    assert left_out == {"interleave", "storm", "array-state"}
