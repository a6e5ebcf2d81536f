"""All of an appliance but its network: state, files, menus, put together and opened."""

import time
from dataclasses import dataclass

from rds_csi_async.simulator.disk_table import DiskTable
from rds_csi_async.simulator.exports import Exporter
from rds_csi_async.simulator.faults import Faults
from rds_csi_async.simulator.file_menu import FileMenu
from rds_csi_async.simulator.menus import Menu, MenuVocabulary
from rds_csi_async.simulator.quirks import NO_QUIRK, Quirk, with_quirk
from rds_csi_async.simulator.settings import SimulatorSettings
from rds_csi_async.simulator.snapshots import Snapshots
from rds_csi_async.simulator.state import State, StateFile
from rds_csi_async.simulator.storage import Storage
from rds_csi_async.simulator.subvolume_menu import SubvolumeMenu
from rds_csi_async.simulator.system_menus import (
    IdentityMenu,
    health_menu,
    package_menu,
    resource_menu,
    safe_mode_menu,
    service_menu,
)
from rds_csi_async.simulator.verbs import Verbs
from rds_csi_async.simulator.watching import Watch, look_away


@dataclass(frozen=True, slots=True)
class Tables:
    """What a console works on, and what is behind it."""

    state: State
    vocabulary: MenuVocabulary
    verbs: Verbs
    disks: DiskTable
    snapshots: Snapshots


async def open_tables(  # noqa: PLR0913 - all that an appliance is made of
    settings: SimulatorSettings,
    storage: Storage,
    exporter: Exporter,
    faults: Faults,
    quirk: Quirk = NO_QUIRK,
    *,
    watch: Watch = look_away,
) -> Tables:
    """Read what is kept below the root, and serve what is exported."""
    await storage.open()
    storage.late_s = lambda: faults.late_deletion_s
    state_file = StateFile(settings.root / "appliance.json")
    state = await state_file.load(settings.identity)
    disks = DiskTable(state, state_file, storage, exporter, settings.most_slot_characters)
    disks.watch = watch
    await disks.open()
    subvolumes = SubvolumeMenu(state, state_file, storage, disks.is_exported)
    files = FileMenu(storage, disks.is_exported, settings.version_number)
    menus = with_quirk([disks, subvolumes, files, *_system(settings, state, state_file, faults)], quirk)
    snapshots = Snapshots(state, state_file, disks, storage, settings.root)
    return Tables(state, MenuVocabulary(menus, settings.version_number), Verbs(menus), disks, snapshots)


def _system(settings: SimulatorSettings, state: State, state_file: StateFile, faults: Faults) -> list[Menu]:
    started_ns = time.monotonic_ns()

    async def rename(name: str) -> None:
        state.identity = name
        await state_file.save(state)

    return [
        resource_menu(settings.version, lambda: time.monotonic_ns() - started_ns),
        package_menu(settings.version),
        health_menu(),
        service_menu(settings.most_sessions),
        IdentityMenu(lambda: state.identity, rename),
        safe_mode_menu(lambda: faults.safe_mode_held),
    ]
