"""The node's parts, put together. Nothing here may load what talks to appliances."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from rds_csi_async.app.config import Settings, SettingsError
from rds_csi_async.app.node_upkeep import start_upkeep
from rds_csi_async.csi.node import Node, NodeServices, NodeSettings
from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.events import Event, Kind, Reason, Subject
from rds_csi_async.host.children import keep_to_ourselves
from rds_csi_async.host.filesystems import HostFilesystems
from rds_csi_async.host.loop import LoopConnections
from rds_csi_async.host.mounts import HostMounts
from rds_csi_async.host.nvme import NvmeConnections
from rds_csi_async.host.nvme_cli import NvmeSettings
from rds_csi_async.host.process import NODE_PROGRAMS, PATH, Programs
from rds_csi_async.host.state_files import StateFiles
from rds_csi_async.ports.connections import Connections
from rds_csi_async.ports.events import Events
from rds_csi_async.ports.node_ports import NodePorts
from rds_csi_async.ports.telemetry import Telemetry
from rds_csi_async.services.growing import Growing
from rds_csi_async.services.measuring import Measuring
from rds_csi_async.services.mounting import Mounting
from rds_csi_async.services.operations import Operations, Supervisor
from rds_csi_async.services.pending import Pending
from rds_csi_async.services.staging import Staging
from rds_csi_async.services.watching import Tell, Watching

PROGRAMS = NODE_PROGRAMS
_LOOP = "loop:"
_NAMES = {"expand": "node_expand", "_restage_lost": "heal", "_sweep_one": "sweep"}


async def build_node(
    settings: Settings, background: Supervisor, work: Supervisor, telemetry: Telemetry, events: Events
) -> tuple[Node, Watching]:
    """Put the node together, and start in the background what looks after it.

    Raises:
        SettingsError: the `[nvme]` table cannot be used.
        NotReadyError: programs are missing; the message lists them all.

    """
    await asyncio.to_thread(keep_to_ourselves)
    programs = Programs(settings.program_path or PATH, tell=telemetry.record_children)
    loop = settings.fabric.startswith(_LOOP)
    missing = await programs.list_missing((*PROGRAMS, "losetup" if loop else "nvme"))
    if missing:
        message = f"this node lacks {', '.join(missing)}; looked in {settings.program_path or PATH}"
        raise NotReadyError(message)
    connections = build_connections(settings, programs)
    ports = NodePorts(
        connections,
        HostMounts(programs),
        HostFilesystems(programs),
        StateFiles(settings.records_dir),
        telemetry,
        events,
    )
    services, operations = _build_services(ports), Operations(work, pending=Pending(telemetry, _NAMES))
    watching = Watching({settings.fabric: _check(connections, services.staging)}, _tell_of_node(settings, events))
    background.start_endless("watch the node", watching.watch())
    start_upkeep(settings, ports, services.staging, operations, background)
    node = NodeSettings(settings.cluster_id, settings.node_name, settings.max_volumes_per_node)
    return Node(node, operations, services), watching


def build_connections(settings: Settings, programs: Programs) -> Connections:
    """Choose how this machine attaches devices.

    Raises:
        SettingsError: the `[nvme]` table cannot be used.

    """
    if settings.fabric.startswith(_LOOP):
        return LoopConnections(programs, Path(settings.fabric.removeprefix(_LOOP)))
    return NvmeConnections(programs, parse_nvme_settings(settings.nvme))


def parse_nvme_settings(table: Mapping[str, Any]) -> NvmeSettings:
    """Read the `[nvme]` table.

    Raises:
        SettingsError: a key is unknown, or its value no whole number.

    """
    known = {field.name for field in fields(NvmeSettings)}
    problems = [f"unknown key {key!r}" for key in table if key not in known]
    problems += [f"{key!r} is no whole number" for key, value in table.items() if type(value) is not int]
    if table.get("parallel_connects") == 0:
        problems.append("'parallel_connects' is 0, so nothing would ever be attached")
    if problems:
        message = f"[nvme]: {'; '.join(problems)}; there are: {', '.join(sorted(known))}"
        raise SettingsError(message)
    return NvmeSettings(**table)


def _build_services(ports: NodePorts) -> NodeServices:
    staging = Staging(ports)
    return NodeServices(staging, Mounting(ports, staging.stage), Growing(ports), Measuring(ports))


def _check(connections: Connections, staging: Staging) -> Callable[[], Awaitable[None]]:
    """Make the check that runs again and again: is all there, and how many connections does the kernel show."""

    async def check() -> None:
        reason = await connections.find_unready()
        if reason is not None:
            raise NotReadyError(reason)
        await staging.refresh()

    return check


def _tell_of_node(settings: Settings, events: Events) -> Tell:
    """Let the Node's events say when this node cannot attach volumes, and when it can again."""
    node = Subject(Kind.NODE, settings.node_name)

    def tell(fabric: str, reason: str | None) -> None:
        why = Reason.STORAGE_READY if reason is None else Reason.STORAGE_NOT_READY
        events.announce(Event(node, why, reason or f"volumes can be attached again ({fabric})"))

    return tell
