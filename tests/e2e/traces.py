"""What volumes leave on the appliance and on the node, read from the outside. Everything here blocks."""

import asyncio
from pathlib import Path

from rds_csi_async.domain.identifiers import NQN_PREFIX
from rds_csi_async.host.sysfs import list_subsystems
from rds_csi_async.simulator.nvmet import CONFIG
from rds_csi_async.simulator.state import State, StateFile
from tests.e2e.rig import Rig
from tests.host.loop_devices import list_loops


def list_disks(rig: Rig) -> list[dict[str, object]]:
    """List the properties of the appliance's disks, pools apart."""
    return [dict(row) for row in _read_state(rig).disks.values()]


def list_exports(rig: Rig) -> list[str]:
    """List the NQNs that are exported, in the folder or by this kernel's target."""
    served = [path.name for path in (CONFIG / "subsystems").glob(f"{NQN_PREFIX}*")]
    return sorted([*served, *(path.stem for path in (rig.appliance / "exports").glob("*.json"))])


def find_image(rig: Rig, slot: str) -> Path | None:
    """Find a volume's file in the pools."""
    found = [path for path in (rig.appliance / "pools").rglob("*.img") if slot in str(path)]
    assert len(found) <= 1
    return found[0] if found else None


def list_left(rig: Rig, *words: str) -> list[str]:
    """List all that is there because of volumes: disks, subvolumes, files, exports, devices, mounts, state files.

    With words, as a volume's slot and name, only what has one of them.
    """
    state = _read_state(rig)
    left = [str(row) for row in [*state.disks.values(), *state.subvolumes.values()]]
    left += [str(path) for path in (rig.appliance / "pools").rglob("*") if path.is_file() or "rds1-" in path.name]
    left += list_exports(rig)
    left += [str(path) for path in (rig.appliance / "exports.attached").glob("*")]
    left += [str(path) for path in (rig.kubelet / "plugins").rglob("*") if path.is_file()]
    left += [str(path) for path in (rig.kubelet / "pods").glob("*/*")]
    left += [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f" {rig.folder}/" in line]
    left += list_devices(rig)
    return [text for text in left if not words or any(word in text for word in words)]


def list_devices(rig: Rig) -> list[str]:
    """List the loop devices on the appliance's files, with those, and what is attached over NVMe/TCP, with its name."""
    texts = [f"{name}: {file}" for name, file in list_loops() if file.startswith(f"{rig.folder}/")]
    attached = [each for each in list_subsystems(Path("/sys")) if each.nqn.startswith(NQN_PREFIX)]
    return texts + [f"{each.nqn}: {each.controllers}" for each in attached if each.is_connected]


def list_tree(folder: Path) -> list[str]:
    """List all below a folder, with sizes."""
    return sorted(f"{path}: {path.lstat().st_size if path.is_file() else '-'}" for path in folder.rglob("*"))


def _read_state(rig: Rig) -> State:
    """Read what the appliance would remember over a restart."""
    return asyncio.run(StateFile(rig.appliance / "appliance.json").load(""))
