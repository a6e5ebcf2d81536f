"""Tools that know nothing of this driver work with the simulator: another driver's commands, and how it reads replies.

The lines are what a public driver for the same appliance sends, unquoted values, text output and all; the patterns are
how it reads what comes. Its slots have 40 characters, as its users report from hardware.
"""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.pools import PoolSettings
from rds_csi_async.simulator.settings import SimulatorSettings
from tests.simulator.conftest import GIB

SLOT = "pvc-ccdecfad-a8bf-572e-9120-464c4d99f12f"
SNAPSHOT = "snap-9b1deb4d-3b7d-5bad-9bdd-2b0d7b3dcb6d"[:40]
BASE = "/storage-pool/metal-csi"
NQN = f"nqn.2000-02.com.mikrotik:{SLOT}"
EXPORTED = "nvme-tcp-export=yes nvme-tcp-server-port=4420"
ADD = f"/disk add type=file file-path={BASE}/{SLOT}.img file-size=1G slot={SLOT} {EXPORTED} nvme-tcp-server-nqn={NQN}"


@pytest.fixture
async def appliance(tmp_path: Path) -> AsyncIterator[Simulator]:
    """Have an appliance with the folder that the other driver wants."""
    pools = (PoolSettings("storage-pool", "btrfs", 100 * GIB, "6e5ad0a4-0000-4000-8000-000000000003"),)
    async with Simulator(SimulatorSettings(tmp_path, pools, most_slot_characters=41)) as simulator:
        assert await simulator.run("/file/add name=storage-pool/metal-csi type=directory") == ""
        yield simulator


def _rows(text: str) -> list[str]:
    """Join what was wrapped, leave the header out, and part rows at their numbers."""
    lines = [line for line in text.splitlines() if not line.startswith("Flags:")]
    joined = "\n".join(" ".join(line.split()) for line in re.split(r"\n\s*\n", "\n".join(lines)))
    return [row for row in re.split(r"(?m)^\s*\d+\s+", joined) if row.strip()]


def _field(row: str, pattern: str) -> str:
    found = re.search(pattern, row)
    return found[1] if found else ""


async def test_a_volume_is_made_found_grown_and_removed(appliance: Simulator) -> None:
    """No output is success; a volume that is not there is a header and nothing else."""
    assert await appliance.run(ADD) == ""
    (row,) = _rows(await appliance.run(f"/disk print detail where slot={SLOT}"))
    assert _field(row, r'slot="([^"]+)"') == SLOT
    assert _field(row, r'type="?([^"\s]+)"?') == "file"
    assert _field(row, r"file-path=([^\s]+\.img)") == f"{BASE}/{SLOT}.img"
    assert re.search(r"file-size=([\d.]+)\s*([KMGT]i?B)", row)
    assert _field(row, r"file-size=([\d.]+\s*[KMGT]i?B)") == "1024.0MiB"
    assert _field(row, r"nvme-tcp-export=(yes|no)") == "yes"
    assert _field(row, r'nvme-tcp-server-nqn="([^"]+)"') == NQN
    assert await appliance.run(f"/disk set [find slot={SLOT}] file-size=2G") == ""
    (row,) = _rows(await appliance.run('/disk print detail where slot~"pvc"'))
    assert _field(row, r"[^-]size=([\d ]+\d)") == "2 147 483 648"
    assert await appliance.run(f"/disk remove [find slot={SLOT}]") == ""
    assert await appliance.run(f'/file remove [find name="storage-pool/metal-csi/{SLOT}.img"]') == ""
    shown = await appliance.run(f"/disk print detail where slot={SLOT}")
    assert (shown.splitlines()[0][:6], _rows(shown)) == ("Flags:", [])
    assert await appliance.run(f"/disk remove [find slot={SLOT}]") == ""


async def test_a_pool_tells_its_room(appliance: Simulator) -> None:
    """In groups of digits, the size first."""
    (row,) = _rows(await appliance.run('/disk print detail where mount-point="storage-pool"'))
    sizes = [int(_field(row, rf"{name}=([\d\s]+)").replace(" ", "")) for name in ("size", "free")]
    assert sizes == [100 * GIB, 100 * GIB]


async def test_files_are_listed(appliance: Simulator) -> None:
    """Without leading slash; the type ends in the word before the size."""
    await appliance.run(ADD)
    folder, image = _rows(await appliance.run(r'/file print detail where name~"storage-pool/metal-csi"'))
    assert _field(folder, r"name=(\S+)") == "storage-pool/metal-csi"
    assert _field(folder, r"type=(\S+)") == "directory"
    assert _field(image, r"name=(\S+)") == f"storage-pool/metal-csi/{SLOT}.img"
    assert _field(image, r"file size=([\d.]+[KMGT]iB)") == "1024.0MiB"
    assert re.search(r"last-modified=\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}", image)


async def test_a_snapshot_is_asked_for_and_restored(appliance: Simulator) -> None:
    """The commands are taken; what lies in the source's file is not copied: nobody has seen that it is."""
    await appliance.run(ADD)
    add = f"/disk add type=file copy-from=[find slot={SLOT}] file-path={BASE}/{SNAPSHOT}.img slot={SNAPSHOT}"
    assert await appliance.run(add) == ""
    back = f"/disk add type=file copy-from=[find slot={SNAPSHOT}] file-path={BASE}/pvc-2.img file-size=3G slot=pvc-2"
    assert await appliance.run(f"{back} {EXPORTED} nvme-tcp-server-nqn=nqn.2000-02.com.mikrotik:pvc-2") == ""
    rows = _rows(await appliance.run('/disk print detail where slot~"snap-"'))
    assert [_field(row, r"file-size=(\S+)") for row in rows] == ["1024.0MiB"]


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (ADD.replace("file-size=1G", "file-size=1T"), "not enough space"),
        (ADD.replace(SLOT, "x" * 42), "slot name too long"),
        (f"/disk remove {SLOT}", "no such item"),
        ("/disk ad type=file", "bad command name ad"),
    ],
)
async def test_what_goes_wrong_is_text(appliance: Simulator, line: str, text: str) -> None:
    """On stdout, as everything."""
    assert text in await appliance.run(line)


async def test_traffic_is_shown_once(appliance: Simulator) -> None:
    """And can be read."""
    shown = await appliance.run("/disk monitor-traffic storage-pool once")
    assert {name: _field(shown, rf"\n *{name}: *(\S+)") for name in ("read-ops", "read-rate", "wait-time")} == {
        "read-ops": "0",
        "read-rate": "0bps",
        "wait-time": "0ms",
    }
