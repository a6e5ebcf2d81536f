"""Files below a folder are listed, measured, grown and copied, holes staying holes."""

from pathlib import Path

import pytest

from rds_csi_async.simulator.disk_tree import copy_tree, find_size, list_tree, measure_tree, set_size, walk

SIZE = 64 << 20


def test_a_file_grows_by_a_hole_and_is_cut_off(tmp_path: Path) -> None:
    """Its size is exact, its space is not taken."""
    path = tmp_path / "a.img"
    set_size(path, SIZE)
    assert (find_size(path), path.stat().st_blocks) == (SIZE, 0)
    set_size(path, 3)
    assert find_size(path) == 3


def test_listing_tells_folders_and_small_texts(tmp_path: Path) -> None:
    """Images' contents are never read."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/note.txt").write_bytes(b"hi")
    set_size(tmp_path / "a.img", 5)
    entries = [(entry.relative, entry.is_folder, entry.content) for entry in list_tree(tmp_path, with_content=True)]
    assert entries == [("a.img", False, None), ("sub", True, None), ("sub/note.txt", False, b"hi")]
    assert measure_tree(tmp_path) == 7


def test_what_is_no_file_has_no_size(tmp_path: Path) -> None:
    """A folder is an error, for whoever expects a file."""
    assert find_size(tmp_path / "none/a") is None
    with pytest.raises(IsADirectoryError):
        find_size(tmp_path)


def test_a_copy_has_the_data_and_the_holes(tmp_path: Path) -> None:
    """Byte by byte the same."""
    (tmp_path / "from").mkdir()
    source = tmp_path / "from/a.img"
    set_size(source, SIZE)
    with source.open("r+b") as file:
        file.seek(SIZE // 2)
        file.write(b"data")
    copy_tree(tmp_path / "from", tmp_path / "to")
    copy = tmp_path / "to/a.img"
    assert copy.read_bytes() == source.read_bytes()
    assert copy.stat().st_blocks <= source.stat().st_blocks


def test_what_goes_while_it_is_listed_is_not_listed(tmp_path: Path) -> None:
    """Others remove things at the same time."""
    for name in ("a", "b/c"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        set_size(tmp_path / name, 5)
    walking = walk(tmp_path, tmp_path, with_content=False)
    first = next(walking).relative
    left = tmp_path / ("b/c" if first == "a" else "a")
    left.unlink()
    if first == "a":
        left.parent.rmdir()
    assert [entry.relative for entry in walking] == ([] if first == "a" else ["b/c"])
    assert list_tree(tmp_path / "none", with_content=False) == []
