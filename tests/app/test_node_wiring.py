"""A node says what it lacks, and never loads what only a controller needs."""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from grpclib.exceptions import GRPCError

from rds_csi_async.app.config import Settings, SettingsError
from rds_csi_async.app.node_wiring import PROGRAMS, build_node, parse_nvme_settings
from rds_csi_async.app.running import Driver
from rds_csi_async.csi import wire
from rds_csi_async.csi.client import connect
from rds_csi_async.domain.errors import NotReadyError
from rds_csi_async.domain.identifiers import node_id_of
from rds_csi_async.host.nvme_cli import NvmeSettings
from rds_csi_async.host.process import Programs
from rds_csi_async.services.operations import Supervisor
from tests.app.ready import until
from tests.csi.serving import block
from tests.fakes.api_server import ApiServer, render_kubeconfig
from tests.fakes.events import FakeEvents
from tests.fakes.telemetry import FakeTelemetry
from tests.running_drivers import create_volume, running

BLOCK = block()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Make the settings of a node that attaches loop devices."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name in (*PROGRAMS, "losetup", "nvme"):
        (programs / name).symlink_to("/bin/true")
    return Settings(
        mode="node",
        endpoint=f"unix://{tmp_path / 'csi.sock'}",
        cluster_id="c",
        node_name="worker",
        kubelet_dir=str(tmp_path / "kubelet"),
        fabric=f"loop:{tmp_path / 'exports'}",
        http_address="127.0.0.1:0",
        program_path=str(programs),
    )


async def test_all_programs_that_are_missing_are_named_at_once(settings: Settings, tmp_path: Path) -> None:
    """With the package that has each."""
    for name in ("mkfs.xfs", "losetup"):
        await asyncio.to_thread((tmp_path / "programs" / name).unlink)
    with pytest.raises(NotReadyError, match=r"mkfs\.xfs \(Debian package xfsprogs\), losetup \(Debian package mount\)"):
        await build_node(settings, Supervisor(), Supervisor(), FakeTelemetry(), FakeEvents())


async def test_a_node_tells_who_it_is(settings: Settings) -> None:
    """The id that the controller believes in, and no controller's service."""
    async with Driver(settings), connect(settings.socket_path) as client:
        info = await client.node.node_get_info(wire.NodeGetInfoRequest())
        assert info.node_id.startswith("worker.")
        capabilities = await client.identity.get_plugin_capabilities(wire.GetPluginCapabilitiesRequest())
        assert [capability.volume_expansion.type.name for capability in capabilities.capabilities] == ["ONLINE"]


async def test_the_cluster_is_told_when_a_node_cannot_work(settings: Settings, tmp_path: Path) -> None:
    """Whoever describes the Node sees what it lacks, and then that it lacks nothing; the scrape counts both."""
    async with ApiServer().serve() as server:
        kubeconfig = tmp_path / "kubeconfig"
        await asyncio.to_thread(kubeconfig.write_text, render_kubeconfig(server.url, {"token": server.token}))
        async with Driver(replace(settings, kubeconfig=str(kubeconfig))) as driver:
            await until(lambda: len(server.events) == 1)
            await asyncio.to_thread((tmp_path / "exports").mkdir)
            await until(lambda: len(server.events) == 2)
            told = [(e["involvedObject"]["name"], e["reason"], e["message"]) for e in server.events.values()]
            body, _ = await driver.metrics.render()
    lack = f"{tmp_path / 'exports'} is not there: no simulator's exports can be attached"
    assert told[0] == ("worker", "StorageNotReady", lack)
    assert told[1][:2] == ("worker", "StorageReady")
    assert b'rds_csi_events_posted_total{reason="StorageNotReady"} 1\n' in body


def test_the_tables_keys_are_the_settings() -> None:
    """And what is left out stays as it is."""
    assert parse_nvme_settings({"ctrl_loss_timeout_s": 60}) == NvmeSettings(ctrl_loss_timeout_s=60)


@pytest.mark.parametrize(
    "table", [{"ctrl_loss": 1}, {"keep_alive_s": "5"}, {"io_queues": True}, {"parallel_connects": 0}]
)
def test_a_table_that_cannot_be_used_is_refused(table: dict[str, object]) -> None:
    """With the keys that there are."""
    with pytest.raises(SettingsError, match="ctrl_loss_timeout_s"):
        parse_nvme_settings(table)


async def test_no_node_loads_what_talks_to_appliances() -> None:
    """It would cost every node the memory, and give it a way to the appliance that it need not have."""
    script = (
        "import sys, rds_csi_async.app.running, rds_csi_async.app.node_wiring;"
        "unwanted = ('asyncssh', 'cryptography', 'rds_csi_async.routeros');"
        "print([name for name in sys.modules if name.startswith(unwanted)])"
    )
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - a fresh interpreter is the point
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert said.strip() == b"[]"


async def test_programs_that_cannot_be_killed_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that hangs in the kernel looks to whoever gives it no time to die in."""
    assert Programs.__init__.__kwdefaults__ is not None
    monkeypatch.setitem(Programs.__init__.__kwdefaults__, "kill_grace_s", 0)
    async with running(tmp_path) as drivers, connect(tmp_path / "node.sock") as client:
        await asyncio.to_thread(_let_programs_hang, tmp_path / "programs")
        volume_id = await create_volume(drivers.client)
        publish = wire.ControllerPublishVolumeRequest(volume_id, node_id_of("c", "worker"), BLOCK)
        context = (await drivers.client.controller.controller_publish_volume(publish)).publish_context
        stage = wire.NodeStageVolumeRequest(volume_id, context, str(tmp_path / "staging"), BLOCK)
        with pytest.raises((TimeoutError, GRPCError)):  # whichever of the two ends sees it first
            await client.node.node_stage_volume(stage, timeout=0.5)
        shown = b""
        while b"\nrds_csi_children_written_off_total 1\nrds_csi_children_hanging 0\n" not in _plain(shown):
            await asyncio.sleep(0.02)
            shown, _ = await drivers.node.metrics.render()


def _plain(page: bytes) -> bytes:
    return b"\n".join(line for line in page.splitlines() if not line.startswith(b"#"))


def _let_programs_hang(folder: Path) -> None:
    (folder / "setpriv").unlink()
    (folder / "setpriv").write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    (folder / "setpriv").chmod(0o755)
