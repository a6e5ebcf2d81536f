"""The control socket makes faults and tells counts."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.simulator.control import Control
from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.exports import Export, FolderExporter, OutageExporter
from rds_csi_async.simulator.faults import Faults, LineFault
from rds_csi_async.simulator.pools import Pool, Pools, PoolSettings


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[Control]:
    """Listen in a fresh folder."""
    pools = Pools({"p": Pool(PoolSettings("p", "xfs", 1, "u"), tmp_path)})
    exporter = OutageExporter(FolderExporter(tmp_path / "exports"))
    async with Control(tmp_path / "control.sock", Faults(), Counters(logins=2), pools, exporter) as control:
        yield control


async def _answer(control: Control, **request: object) -> dict[str, Any]:
    return await control.answer(json.dumps(request).encode())


async def test_a_conversation(control: Control) -> None:
    """A line in, a line out, as often as one likes; bad lines do not end it."""
    reader, writer = await asyncio.open_unix_connection(str(control.path))
    answers = []
    for line in (b'{"do": "counters"}\n', b"nonsense\n", b'{"do": "clear"}\n'):
        writer.write(line)
        answers.append(json.loads(await reader.readline()))
    writer.close()
    await writer.wait_closed()
    assert answers[0] | {"ok": True, "logins": 2} == answers[0]
    assert [answer["ok"] for answer in answers] == [True, False, True]


async def test_faults_are_made_and_cleared(control: Control) -> None:
    """Each by its kind."""
    faults, pools = control._faults, control._pools  # noqa: SLF001 - what the socket is to change
    for request in (
        {"kind": "drop-after", "match": "add"},
        {"kind": "refuse-login", "times": 2},
        {"kind": "pool-unmounted", "pool": "p"},
        {"kind": "safe-mode"},
        {"kind": "delay", "ms": 250},
    ):
        assert await _answer(control, do="fault", **request) == {"ok": True}
    assert (faults.refused_logins, faults.safe_mode_held, faults.delay_s) == (2, True, 0.25)
    assert faults.take_line("/disk/add") is LineFault.DROP_AFTER
    assert not pools.by_name["p"].mounted
    assert await _answer(control, do="clear") == {"ok": True}
    assert (faults.refused_logins, pools.by_name["p"].mounted) == (0, True)


@pytest.mark.parametrize(
    "request_",
    [{}, {"do": "nope"}, {"do": "fault"}, {"do": "fault", "kind": "nope"},
     {"do": "fault", "kind": "hang", "match": "("},
     {"do": "fault", "kind": "pool-unmounted", "pool": "x"}],
)  # fmt: skip
async def test_bad_requests_are_answered(control: Control, request_: dict[str, object]) -> None:
    """With what is wrong."""
    answer = await _answer(control, **request_)
    assert answer["ok"] is False
    assert answer["error"]


async def test_exports_go_down_and_come_up(tmp_path: Path) -> None:
    """All of them, or those that are named first."""
    exports = [Export(f"nqn.x:{name}", tmp_path / name, 512, "", 4420) for name in "ab"]
    exporter = OutageExporter(FolderExporter(tmp_path / "exports"))
    await exporter.restore(exports)
    control = Control(tmp_path / "control.sock", Faults(), Counters(), Pools({}), exporter)
    for request, left in (
        ({"up": False}, []),
        ({"up": True, "only": ["nqn.x:b"]}, ["nqn.x:b.json"]),
        ({"up": True}, ["nqn.x:a.json", "nqn.x:b.json"]),
    ):
        assert await _answer(control, do="exports", **request) == {"ok": True}
        assert sorted(await asyncio.to_thread(os.listdir, tmp_path / "exports")) == left
