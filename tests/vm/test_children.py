"""How many programs a stage runs, over NVMe/TCP, against a shell script that runs the same ones."""

import asyncio
import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rds_csi_async.host.process import PATH
from tests.contracts.connections import HOST
from tests.vm.guest import ROOT
from tests.vm.stages import Stages

pytestmark = pytest.mark.vm
_CONNECT = f"""set -e
mkdir -p "$2"
as="--hostnqn={HOST.nqn} --hostid={HOST.host_id}"
nvme connect --transport=tcp --traddr=127.0.0.1 --trsvcid=PORT --nqn="$1" $as
find_device() {{
    for subsystem in /sys/class/nvme-subsystem/*; do
        read -r nqn < "$subsystem/subsysnqn"
        [ "$nqn" = "$1" ] || continue
        for device in "$subsystem"/nvme*n* "$subsystem"/nvme*/nvme*n*; do
            name=${{device##*/}}
            case $name in *c*n*) ;; *) [ -e "$device/size" ] && device=/dev/$name && return ;; esac
        done
    done
    return 1
}}
until find_device "$1"; do :; done
"""
_STARTED: list[tuple[str, str]] = []


@contextmanager
def _counting() -> Iterator[list[tuple[str, str]]]:
    """Give a list of what this process starts meanwhile: where it was looked for, and its arguments."""
    if not _STARTED:  # a hook stays for ever
        sys.addaudithook(
            lambda event, given: _STARTED.append((given[0], str(given[1]))) if event == "os.posix_spawn" else None
        )
    _STARTED.clear()
    yield _STARTED


def _list_found(started: list[tuple[str, str]]) -> list[str]:
    """Leave out where a program was looked for, and was not."""
    return [arguments for place, arguments in started if Path(place).exists()]


async def _run_script(script: str, *arguments: str) -> int:
    """Run it where process ids are counted from 1, and ask for the next at the end; give how many it started."""
    text = f"{script}sh -c 'echo $$ >&3' 3>&1"
    process = await asyncio.create_subprocess_exec(  # noqa: TID251 - it is what the driver is measured against
        *("unshare", "--pid", "--fork", "sh", "-c", text, "sh", *arguments),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"LC_ALL": "C", "PATH": PATH},
    )
    said, complaint = await process.communicate()
    assert process.returncode == 0, complaint.decode()
    return int(said.split()[-1]) - 2  # the shell itself, and the one that was asked


async def test_no_more_programs_than_a_script(stages: Stages, figures: list[str]) -> None:
    """A first stage with its proofs and mkfs.ext4, and a later one."""
    ours, others = await stages.export("driver"), await stages.export("script")
    attach = _CONNECT.replace("PORT", str(stages.fabric.port))
    measured = await asyncio.to_thread(runpy.run_path, str(ROOT / "benchmarks" / "ways.py"))
    for kind, script in measured["SCRIPTS"].items():
        with _counting() as started:
            await stages.staging.stage(ours)
            programs = await asyncio.to_thread(_list_found, list(started))
        await stages.unstage([ours])
        count = await _run_script(script.replace(measured["ATTACH"], attach), others.nqn, others.staging_path)
        await _run_script('umount "$2"\nnvme disconnect --nqn="$1"\n', others.nqn, others.staging_path)
        figures.append(f"{kind} stage: the driver runs {len(programs)} programs, the script {count}")
        assert any("nvme" in program and "connect" in program for program in programs), "they are not seen any more"
        assert len(programs) <= count, (programs, count)
