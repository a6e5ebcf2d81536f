"""A person's own SSH client can use the simulator, and finds everything again after a restart."""

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.settings import SimulatorSettings
from tests.simulator.conftest import POOLS

SSH = shutil.which("ssh")
KEYGEN = shutil.which("ssh-keygen")
needs_openssh = pytest.mark.skipif(not (SSH and KEYGEN), reason="needs ssh and ssh-keygen of openssh-client")
ADD = "/disk/add type=file file-path=pool1/a.img file-size=1M slot=a comment=kept"


def _make_key(folder: Path) -> str:
    subprocess.run([str(KEYGEN), "-q", "-t", "ed25519", "-N", "", "-f", folder / "id"], check=True)  # noqa: S603 - our own words
    return (folder / "id.pub").read_text()


@asynccontextmanager
async def _started(folder: Path, key: str = "") -> AsyncIterator[Simulator]:
    root = folder / "root"
    await asyncio.to_thread(root.mkdir, exist_ok=True)
    async with Simulator(SimulatorSettings(root, POOLS, authorized_keys=(key,) if key else ())) as simulator:
        yield simulator


async def _ssh(simulator: Simulator, folder: Path, *arguments: str, typed: str | None = None) -> str:
    """Run OpenSSH, the host key pinned; return what it showed, provided that it ended well."""

    def run() -> str:
        known = folder / "known_hosts"
        known.write_text(f"[127.0.0.1]:{simulator.port} {simulator.host_key_public}\n")
        options = [
            *("-F", "none", "-p", str(simulator.port), "-i", str(folder / "id"), "-o", f"UserKnownHostsFile={known}"),
            *("-o", "StrictHostKeyChecking=yes", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"),
        ]
        command = [str(SSH), *options, *arguments]
        return subprocess.run(command, input=typed, capture_output=True, text=True, check=True, timeout=30).stdout  # noqa: S603 - our own words

    return await asyncio.to_thread(run)


@needs_openssh
async def test_openssh_runs_a_line(tmp_path: Path) -> None:
    """And shows the disks in the form that hardware prints."""
    key = await asyncio.to_thread(_make_key, tmp_path)
    async with _started(tmp_path, key) as simulator:
        assert await _ssh(simulator, tmp_path, "admin@127.0.0.1", ADD) == ""
        shown = await _ssh(simulator, tmp_path, "admin@127.0.0.1", "/disk print detail where slot=a")
    assert shown.startswith('Flags: B - BLOCK-DEVICE\n 0 B ;;; kept\n     type=file slot="a"')


@needs_openssh
async def test_openssh_opens_a_console(tmp_path: Path) -> None:
    """With a terminal: typed lines, a prompt, and `quit`."""
    key = await asyncio.to_thread(_make_key, tmp_path)
    async with _started(tmp_path, key) as simulator:
        shown = await _ssh(simulator, tmp_path, "-tt", "admin@127.0.0.1", typed="/system identity print\nquit\n")
    assert "[admin@MikroTik-RDS] > " in shown
    assert "  name: MikroTik-RDS" in shown


@needs_openssh
async def test_a_restart_keeps_key_and_disks(tmp_path: Path) -> None:
    """The client's pinned host key still fits."""
    key = await asyncio.to_thread(_make_key, tmp_path)
    async with _started(tmp_path, key) as simulator:
        await _ssh(simulator, tmp_path, "admin@127.0.0.1", ADD)
        host_key = simulator.host_key_public
    async with _started(tmp_path, key) as simulator:
        assert simulator.host_key_public == host_key
        shown = await _ssh(simulator, tmp_path, "admin@127.0.0.1", ":put [/disk/get [find slot=a] comment]")
    assert shown == "kept\n"


async def test_the_control_socket_is_there_while_it_runs(tmp_path: Path) -> None:
    """And no longer; the host key is nobody else's to read."""
    async with _started(tmp_path) as simulator:
        reader, writer = await asyncio.open_unix_connection(str(simulator.control_path))
        writer.write(b'{"do": "counters"}\n')
        assert json.loads(await reader.readline())["ok"] is True
        writer.close()
        mode = (await asyncio.to_thread((simulator.settings.root / "host_key").stat)).st_mode
        assert mode & 0o077 == 0
    assert not await asyncio.to_thread(simulator.control_path.exists)


def test_what_was_not_started_has_no_port(tmp_path: Path) -> None:
    """An error, and not a wrong number."""
    with pytest.raises(RuntimeError, match="not started"):
        _ = Simulator(SimulatorSettings(tmp_path, POOLS)).port
