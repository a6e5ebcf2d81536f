"""What is exported stands in a folder, one file a name."""

import asyncio
import json
from dataclasses import replace
from pathlib import Path

from rds_csi_async.simulator.exports import Export, FolderExporter, OutageExporter, write_document

EXPORT = Export("nqn.2026-11.io:a/b", Path("/pools/a.img"), 512, "host", 4420)


def _read(folder: Path) -> dict[str, object]:
    return {path.name: json.loads(path.read_text()) for path in folder.iterdir()}


async def test_an_export_comes_changes_and_goes(tmp_path: Path) -> None:
    """Nothing but its file is left in the folder, and at last not even that."""
    exporter = FolderExporter(tmp_path / "exports")
    await exporter.restore([])
    await exporter.publish(EXPORT)
    shown = {"nqn": EXPORT.nqn, "file": "/pools/a.img", "size": 512, "allowed_host": "host", "port": 4420}
    assert await asyncio.to_thread(_read, tmp_path / "exports") == {"nqn.2026-11.io:a%2Fb.json": shown}
    await exporter.withdraw(EXPORT.nqn)
    await exporter.withdraw(EXPORT.nqn)
    assert await asyncio.to_thread(_read, tmp_path / "exports") == {}


async def test_restoring_forgets_what_was_there(tmp_path: Path) -> None:
    """Left over from a simulator that was killed."""
    await asyncio.to_thread((tmp_path / "nqn.old.json").write_text, "{}")
    await FolderExporter(tmp_path).restore([EXPORT])
    assert list(await asyncio.to_thread(_read, tmp_path)) == ["nqn.2026-11.io:a%2Fb.json"]


def test_a_document_replaces_the_old_one(tmp_path: Path) -> None:
    """And leaves nothing beside it."""
    for number in (1, 2):
        write_document(tmp_path / "a.json", {"n": number})
    assert _read(tmp_path) == {"a.json": {"n": 2}}


async def test_what_is_changed_during_an_outage_shows_after_it(tmp_path: Path) -> None:
    """And not before; what was served until then is served again."""
    exporter = OutageExporter(FolderExporter(tmp_path / "exports"))
    await exporter.restore([EXPORT])
    await exporter.go_down()
    await exporter.publish(replace(EXPORT, nqn="nqn.b"))
    await exporter.publish(replace(EXPORT, nqn="nqn.c"))
    await exporter.withdraw("nqn.c")
    assert await asyncio.to_thread(_read, tmp_path / "exports") == {}
    await exporter.come_up(["nqn.b"])
    assert list(await asyncio.to_thread(_read, tmp_path / "exports")) == ["nqn.b.json"]
    await exporter.come_up()
    assert set(await asyncio.to_thread(_read, tmp_path / "exports")) == {"nqn.b.json", "nqn.2026-11.io:a%2Fb.json"}
    await exporter.close()


async def test_a_restart_during_an_outage_brings_nothing_up(tmp_path: Path) -> None:
    """It is the power that is missing."""
    exporter = OutageExporter(FolderExporter(tmp_path / "exports"))
    await exporter.go_down()
    await exporter.restore([EXPORT])
    assert await asyncio.to_thread(_read, tmp_path / "exports") == {}
    await exporter.come_up()
    assert len(await asyncio.to_thread(_read, tmp_path / "exports")) == 1
