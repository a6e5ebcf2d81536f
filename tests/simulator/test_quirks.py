"""A quirk stands in front of a menu, and changes what it says and nothing else."""

from pathlib import Path

from rds_csi_async.simulator.exports import FolderExporter
from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.quirks import NO_QUIRK, Quirk, QuirkyMenu, Write, with_quirk
from rds_csi_async.simulator.system_menus import safe_mode_menu
from rds_csi_async.simulator.tables import open_tables
from tests.simulator.conftest import Bench


async def _open(root: Path, quirk: Quirk) -> Bench:
    bench = await Bench(root).open()
    bench.tables = await open_tables(
        bench.settings, bench.storage, FolderExporter(root / "exports"), bench.faults, quirk
    )
    return bench


def test_without_a_quirk_menus_are_themselves() -> None:
    """Nothing stands in between."""
    menu = safe_mode_menu(lambda: False)
    assert with_quirk([menu], NO_QUIRK) == [menu]
    (quirky,) = with_quirk([menu], Quirk())
    assert isinstance(quirky, QuirkyMenu)
    assert quirky.schema is menu.schema


async def test_a_quirk_that_changes_nothing_changes_nothing(tmp_path: Path, bench: Bench) -> None:
    """The same lines give the same answers."""
    quirky = await _open(tmp_path / "quirky", Quirk())
    for one in (bench, quirky):
        assert await one.add_disk() == ""
        assert await one.run("/disk/set [/disk/find where slot=a] comment=x") == ""
        assert await one.value("[/disk/get [/disk/find where slot=a] comment]") == "x"
        assert await one.run("/disk/remove [/disk/find where slot=a]") == ""
        assert await one.value("[:len [/disk/find where slot=a]]") == "0"


async def test_values_are_taken_otherwise_or_not_at_all(tmp_path: Path) -> None:
    """With the row that they are for at hand."""
    writes: list[Write] = []

    def takes(write: Write) -> dict[str, object] | None:
        writes.append(write)
        return None if write.verb == "remove" else {**write.values, "comment": "otherwise"}

    bench = await _open(tmp_path, Quirk(takes=takes))  # type: ignore[arg-type]  # a dict of values
    await bench.add_disk(more="comment=x")
    await bench.run("/disk/set [/disk/find where slot=a] comment=y; /disk/remove [/disk/find where slot=a]")
    assert await bench.value("[/disk/get [/disk/find where slot=a] comment]") == "otherwise"
    assert [(write.verb, write.row.get("slot")) for write in writes] == [("add", None), ("set", "a"), ("remove", "a")]


async def test_rows_are_shown_otherwise_or_not_at_all(tmp_path: Path) -> None:
    """To `find`, `get` and `print` alike."""
    quirk = Quirk(shows=lambda path, row: None if path == ("disk",) and row["slot"] == "a" else {**row, "parent": "p"})
    bench = await _open(tmp_path, quirk)
    await bench.add_disk("a")
    await bench.add_disk("b")
    assert await bench.value("[:len [/disk/find where type=file]]") == "1"
    assert await bench.value("[/disk/get [/disk/find where slot=b] parent]") == "p"


async def test_refusals_have_other_words(tmp_path: Path) -> None:
    """Or there are more of them."""

    def takes(write: Write) -> dict[str, object]:
        if "swap" in write.values:
            message = "failure: no swap"
            raise Failure(message)
        return dict(write.values)

    quirk = Quirk(words=lambda text: text.replace("already", "ALREADY"), takes=takes)  # type: ignore[arg-type]  # as above
    bench = await _open(tmp_path, quirk)
    await bench.add_disk()
    assert (await bench.add_disk()).startswith("failure: ALREADY have")
    assert (await bench.add_disk("b", more="swap=yes")).startswith("failure: no swap")


async def test_a_changed_row_may_get_another_id(tmp_path: Path) -> None:
    """And keeps all else."""
    bench = await _open(tmp_path, Quirk(renumbers=True))
    await bench.add_disk(more="comment=x")
    before = await bench.value("[/disk/find where slot=a]")
    await bench.run("/disk/set [/disk/find where slot=a] nvme-tcp-export=yes")
    assert await bench.value("[/disk/find where slot=a]") not in {before, ""}
    assert await bench.value("[/disk/get [/disk/find where slot=a] comment]") == "x"
