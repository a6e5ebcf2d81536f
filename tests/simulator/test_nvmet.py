"""The kernel serves what the simulator exports, no more and no less, and nothing of anybody else's suffers."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.simulator.exports import Export
from rds_csi_async.simulator.nvmet import CONFIG, NvmetExporter

ADDRESS = "127.0.0.1"
HOST = "nqn.2014-08.org.nvmexpress:uuid:6b1f8a52-0a4e-8c3d-9d11-1f2e3d4c5b6a"


def _export(folder: Path, name: str, *, port: int = 4420, host: str = "") -> Export:
    file = folder / f"{name}.img"
    with file.open("ab") as image:
        image.truncate(1 << 20)
    return Export(f"nqn.2024-01.io.example:{name}", file, 1 << 20, host, port)


def _shown() -> dict[str, list[str]]:
    """Show the target as its ports' numbers, with what is behind each, and all that there is."""
    served = {
        (port / "addr_trsvcid").read_text().strip(): sorted(link.name for link in (port / "subsystems").iterdir())
        for port in (CONFIG / "ports").iterdir()
    }
    there = {kind: sorted(path.name for path in (CONFIG / kind).iterdir()) for kind in ("subsystems", "hosts")}
    return {**served, **there}


def _read(nqn: str, name: str) -> str:
    return (CONFIG / "subsystems" / nqn / name).read_text().strip()


NOTHING: dict[str, list[str]] = {"subsystems": [], "hosts": []}


@pytest.fixture
async def exporter(tmp_path: Path) -> AsyncIterator[NvmetExporter]:
    """Give one of a folder, and see at the end that nothing is left of it."""
    exporter = NvmetExporter(tmp_path, ADDRESS)
    assert await asyncio.to_thread(exporter.find_missing) is None
    yield exporter
    await exporter.close()
    assert await asyncio.to_thread(_shown) == NOTHING


def test_a_kernel_without_the_target_is_named(tmp_path: Path) -> None:
    """With what to do about it."""
    missing = NvmetExporter(tmp_path, ADDRESS, config=tmp_path / "none").find_missing()
    assert missing is not None
    assert ("modprobe nvmet-tcp" if os.geteuid() == 0 else "root") in missing


def test_an_address_is_no_name(tmp_path: Path) -> None:
    """The kernel takes none."""
    with pytest.raises(ValueError, match="rds"):
        NvmetExporter(tmp_path, "rds.example")


@pytest.mark.vm
async def test_an_export_comes_changes_and_goes(exporter: NvmetExporter, tmp_path: Path) -> None:
    """The port opens with it and closes with it; who is let in can change while it is there."""
    export = await asyncio.to_thread(_export, tmp_path, "a")
    await exporter.publish(export)
    assert await asyncio.to_thread(_shown) == {"4420": [export.nqn], "subsystems": [export.nqn], "hosts": []}
    assert await asyncio.to_thread(_read, export.nqn, "attr_allow_any_host") == "1"
    await exporter.publish(replace(export, allowed_host=HOST))
    assert (await asyncio.to_thread(_shown))["hosts"] == [HOST]
    assert await asyncio.to_thread(_read, export.nqn, "attr_allow_any_host") == "0"
    await exporter.publish(replace(export, allowed_host=HOST.replace("6a", "6b")))
    assert (await asyncio.to_thread(_shown))["hosts"] == [HOST.replace("6a", "6b")]
    await exporter.publish(export)
    assert (await asyncio.to_thread(_shown))["hosts"] == []
    await exporter.withdraw(export.nqn)
    await exporter.withdraw(export.nqn)
    assert await asyncio.to_thread(_shown) == NOTHING


@pytest.mark.vm
async def test_exports_share_a_port_or_have_their_own(exporter: NvmetExporter, tmp_path: Path) -> None:
    """And one can move."""
    first, second = [await asyncio.to_thread(_export, tmp_path, name, host=HOST) for name in "ab"]
    await exporter.restore([first, second])
    assert await asyncio.to_thread(_shown) == {
        "4420": [first.nqn, second.nqn],
        "subsystems": [first.nqn, second.nqn],
        "hosts": [HOST],
    }
    await exporter.publish(replace(second, port=4421))
    assert (await asyncio.to_thread(_shown))["4421"] == [second.nqn]
    await exporter.withdraw(first.nqn)
    assert await asyncio.to_thread(_shown) == {"4421": [second.nqn], "subsystems": [second.nqn], "hosts": [HOST]}


@pytest.mark.vm
async def test_another_file_is_served_under_the_same_name(exporter: NvmetExporter, tmp_path: Path) -> None:
    """The namespace is taken away in between: it is another device."""
    first, second = [await asyncio.to_thread(_export, tmp_path, name) for name in "ab"]
    await exporter.publish(first)
    await exporter.publish(replace(first, file=second.file))
    assert await asyncio.to_thread(_read, first.nqn, "namespaces/1/device_path") == str(second.file)
    assert await asyncio.to_thread(_read, first.nqn, "namespaces/1/enable") == "1"


@pytest.mark.vm
async def test_what_a_killed_one_left_is_taken_over(exporter: NvmetExporter, tmp_path: Path) -> None:
    """What is to be served goes on with the same identity, the rest goes, half-made things too."""
    kept, gone = [await asyncio.to_thread(_export, tmp_path, name) for name in "ab"]
    await exporter.restore([kept, gone])
    await asyncio.to_thread((CONFIG / "subsystems" / "nqn.2024-01.io.example:c").mkdir)  # killed before it was marked
    identity = await asyncio.to_thread(_read, kept.nqn, "namespaces/1/device_uuid")
    half = await asyncio.to_thread(_export, tmp_path, "c")
    heir = NvmetExporter(tmp_path, ADDRESS)
    await heir.restore([kept, half])
    assert (await asyncio.to_thread(_shown))["4420"] == [kept.nqn, half.nqn]
    assert await asyncio.to_thread(_read, kept.nqn, "namespaces/1/device_uuid") == identity


@pytest.mark.vm
async def test_what_is_anothers_is_left_alone(exporter: NvmetExporter, tmp_path: Path) -> None:
    """Another appliance's exports on the same port, and a name that is taken."""
    folder = tmp_path / "another"
    await asyncio.to_thread(folder.mkdir)
    another = NvmetExporter(folder, ADDRESS)
    theirs = await asyncio.to_thread(_export, folder, "theirs", host=HOST)
    ours = await asyncio.to_thread(_export, tmp_path, "ours", host=HOST)
    await another.publish(theirs)
    await exporter.publish(ours)
    with pytest.raises(FileExistsError, match="not for this appliance"):
        await exporter.publish(replace(theirs, file=ours.file))
    await exporter.withdraw(theirs.nqn)
    await exporter.restore([])
    assert await asyncio.to_thread(_shown) == {"4420": [theirs.nqn], "subsystems": [theirs.nqn], "hosts": [HOST]}
    await another.close()
