"""Run csi-sanity against the driver and the simulator as processes of their own: `tox -e sanity`, as root.

Exit status 0 when nothing failed, or when it cannot run here and may be left out, which is then said. Arguments go to
csi-sanity.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.e2e.rig import Rig
from tests.mount_namespace import enter_own_namespace

_ROOT = Path(__file__).resolve().parents[2]
_REQUIRED = "RDS_CSI_REQUIRE_TOOLS"


def find_missing() -> str | None:
    """Tell what csi-sanity cannot run without here."""
    if os.geteuid() != 0:
        return "it needs root, for loop devices and mounts"
    if find_program() is None:
        return "csi-sanity is not installed: go install github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity@v5.6.0"
    return None


def find_program() -> str | None:
    """Find csi-sanity, where the set-up puts it or on the PATH."""
    return shutil.which("csi-sanity", path=f"{_ROOT / '.cache' / 'bin'}:{os.environ['PATH']}")


async def run(folder: Path, arguments: list[str]) -> int:
    """Start both processes, run csi-sanity for file systems and for block devices, and give the worse exit status."""
    rig = Rig(folder)
    parameters = folder / "parameters.yaml"
    parameters.write_text("appliance: mock\npool: pool1\n")
    try:
        await rig.start_simulator()
        await rig.start_driver()
        statuses = []
        for access_type in ("mount", "block"):
            print(f"csi-sanity, volumes used as {access_type}", flush=True)
            sanity = await asyncio.create_subprocess_exec(
                find_program() or "csi-sanity",
                f"--csi.endpoint=unix://{rig.socket}",
                f"--csi.mountdir={rig.kubelet / 'target'}",
                f"--csi.stagingdir={rig.kubelet / 'staging'}",
                f"--csi.testvolumeparameters={parameters}",
                f"--csi.testvolumeaccesstype={access_type}",
                "--ginkgo.no-color",
                *arguments,
            )
            statuses.append(await sanity.wait())
        return max(statuses)
    finally:
        await rig.stop()


def main() -> int:
    """Run it, or say why not."""
    missing = find_missing()
    if missing is not None:
        required = bool(os.environ.get(_REQUIRED)) and (find_program() is not None or shutil.which("go") is not None)
        print(f"csi-sanity was {'NOT RUN' if required else 'skipped'}: {missing}")
        return 1 if required else 0
    enter_own_namespace()
    with tempfile.TemporaryDirectory(prefix="rds-csi-sanity-") as folder:
        Path(folder, "kubelet").mkdir()
        status = asyncio.run(run(Path(folder), sys.argv[1:]))
        if status:
            print(Path(folder, "driver.log").read_text()[-6000:])
        return status


if __name__ == "__main__":
    sys.exit(main())
