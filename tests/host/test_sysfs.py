"""The tree is read by its names, and what goes meanwhile is gone."""

from pathlib import Path

import pytest

from rds_csi_async.domain.errors import HostError
from rds_csi_async.host.sysfs import (
    Controller,
    Namespace,
    Subsystem,
    list_backing_files,
    list_subsystems,
    read_block_device,
)


def _write(root: Path, **files: str) -> None:
    for path, text in files.items():
        file = root / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text + "\n")


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    """Give a tree without subsystems."""
    return tmp_path / "class" / "nvme-subsystem"


def test_no_nvme_is_no_subsystem(tmp_path: Path) -> None:
    """A kernel without it has no such class."""
    assert list_subsystems(tmp_path) == []


def test_with_multipath_the_device_is_the_subsystems(tmp_path: Path, classes: Path) -> None:
    """Paths to it and character devices are none."""
    _write(
        classes / "nvme-subsys2",
        subsysnqn="nqn.x",
        nvme2n3__dev="259:5",
        nvme2n3__size="8",
        ng2n3__dev="240:0",
        nvme0__state="live",
        nvme0__nvme2c0n3__dev="259:4",
        nvme0__nvme2c0n3__size="8",
        nvme5__state="connecting",
    )
    assert list_subsystems(tmp_path) == [
        Subsystem(
            "nqn.x",
            (Controller("nvme0", "live"), Controller("nvme5", "connecting")),
            (Namespace("nvme2n3", "259:5", 4096),),
        )
    ]


def test_without_multipath_it_is_the_controllers(tmp_path: Path, classes: Path) -> None:
    """Bearing whichever number."""
    _write(classes / "nvme-subsys2", subsysnqn="nqn.x", nvme0__state="live", nvme0__nvme2n1__dev="259:5")
    _write(classes / "nvme-subsys2", nvme0__nvme2n1__size="16")
    (found,) = list_subsystems(tmp_path)
    assert found.namespaces == (Namespace("nvme2n1", "259:5", 8192),)


def test_two_subsystems_of_one_name_are_one(tmp_path: Path, classes: Path) -> None:
    """So that a second device of the name is seen, and refused by whoever wants one."""
    for number in (0, 1):
        _write(classes / f"nvme-subsys{number}", subsysnqn="nqn.x", **{f"nvme{number}__state": "live"})
        _write(classes / f"nvme-subsys{number}" / f"nvme{number}n1", dev=f"259:{number}", size="8")
    (found,) = list_subsystems(tmp_path)
    assert [device.name for device in found.namespaces] == ["nvme0n1", "nvme1n1"]
    assert len(found.controllers) == 2


def test_a_controller_that_is_gone_is_none(tmp_path: Path, classes: Path) -> None:
    """Without multipath its name stays in the subsystem, as a link to nowhere, while its device is mounted."""
    _write(classes / "nvme-subsys0", subsysnqn="nqn.x")
    (classes / "nvme-subsys0" / "nvme0").symlink_to(tmp_path / "devices" / "nvme0")
    (found,) = list_subsystems(tmp_path)
    assert (found, found.is_connected) == (Subsystem("nqn.x", (), ()), False)


def test_one_live_session_makes_it_live(tmp_path: Path, classes: Path) -> None:
    """None makes it only kept."""
    _write(classes / "nvme-subsys0", subsysnqn="nqn.x", nvme0__state="connecting")
    (found,) = list_subsystems(tmp_path)
    assert (found.live, found.is_connected) == (False, True)
    _write(classes / "nvme-subsys0", nvme1__state="live")
    assert list_subsystems(tmp_path)[0].live


def test_an_empty_one_is_not_connected(tmp_path: Path, classes: Path) -> None:
    """It stays while a dead device is mounted."""
    _write(classes / "nvme-subsys0", subsysnqn="nqn.x")
    (found,) = list_subsystems(tmp_path)
    assert not found.is_connected


def test_what_goes_meanwhile_is_gone(tmp_path: Path, classes: Path) -> None:
    """A subsystem without its name, a device without its number."""
    _write(classes / "nvme-subsys0", other="x")
    assert list_subsystems(tmp_path) == []
    assert read_block_device(tmp_path / "none") is None


@pytest.mark.parametrize("path", ["subsysnqn", "nvme0/state", "nvme0n1/dev", "nvme0n1/size"])
def test_what_cannot_be_read_is_not_gone(tmp_path: Path, classes: Path, path: str) -> None:
    """Else an attached volume would be taken for a detached one, as soon as the driver has no file descriptor left."""
    folder = classes / "nvme-subsys0"
    _write(folder, subsysnqn="nqn.x", nvme0__state="live", nvme0n1__dev="259:1", nvme0n1__size="8")
    (folder / path).unlink()
    (folder / path).mkdir()
    with pytest.raises(HostError, match=f"{path} cannot be read"):
        list_subsystems(tmp_path)


def test_loop_devices_in_use_have_a_file(tmp_path: Path) -> None:
    """Other devices are none; a file whose name has gone is marked."""
    block = tmp_path / "block"
    _write(block, loop1__loop__backing_file="/a b (deleted)", loop2__dev="7:2", sda__loop__backing_file="/c")
    assert list(list_backing_files(tmp_path)) == [("loop1", "/a b (deleted)")]
    (block / "loop2" / "loop" / "backing_file").mkdir(parents=True)
    with pytest.raises(HostError, match="cannot be read"):
        list(list_backing_files(tmp_path))
