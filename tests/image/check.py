"""Build the image and run it by chroot: `tox -e image`, as root. Arguments go to csi-sanity.

What is proven: the Containerfile builds; each program that the driver runs is there, from a package of the list, at the
version that is said; the driver refuses to start where programs are missing, and names them; csi-sanity passes against
a controller that is nobody and a node that is root, each in a root that it cannot write, as in the chart.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from tests.conformance.sanity import find_program
from tests.image.building import Building, Container, ensure_base, run
from tests.image.containerfile import Stage, read
from tests.image.inside import check_nvme_options, check_programs, check_refusal, check_versions
from tests.image.places import CACHE, IMAGE, ROOT
from tests.image.serving import check_sanity

NEEDED = ("debootstrap", "unshare", "chroot", "losetup")
_REQUIRED = "RDS_CSI_REQUIRE_TOOLS"


def find_missing() -> str | None:
    """Tell what this cannot run without here."""
    if os.geteuid() != 0:
        return "it needs root, for chroot and mounts"
    missing = [name for name in NEEDED if not shutil.which(name)]
    missing += [] if find_program() else ["csi-sanity"]
    return f"not found: {', '.join(missing)}" if missing else None


def check(folder: Path, arguments: list[str]) -> int:
    """Build, and look at what was built; give csi-sanity's exit status."""
    stages = read(IMAGE / "Containerfile")
    root = Building(ROOT, ensure_base(CACHE / "base"), folder).build(stages)
    container = Container(root, _environment(stages[-1]), shared=str(folder), frozen=True)
    size_mib = int(run(["du", "-sm", str(root)]).split()[0])
    print(
        f"built: {size_mib} MiB, of which the base has {run(['du', '-sm', str(CACHE / 'base')]).split()[0]}", flush=True
    )
    said = run(container.command(*stages[-1].entrypoint, "--version")).strip()
    print(f"rds-csi --version: {said}")
    print(f"programs: {check_programs(container)} of the driver's, each from a listed package")
    print(f"packages: {check_versions(container)} of the list, none older than it says")
    print(f"nvme connect: knows {check_nvme_options(container)} options that it is given")
    print(f"a node without programs: {check_refusal(container)}", flush=True)
    work = folder / "run"
    work.mkdir()
    nobody = Container(root, container.environment, stages[-1].last("USER"), str(folder), frozen=True)
    return asyncio.run(check_sanity(work, nobody, container, arguments))


def _environment(stage: Stage) -> tuple[str, ...]:
    return tuple(f"{name}={value}" for name, value in stage.environment.items())


def main() -> int:
    """Run it, or say why not."""
    missing = find_missing()
    if missing is not None:
        required = bool(os.environ.get(_REQUIRED))
        print(f"the image was {'NOT BUILT' if required else 'not built'}: {missing}")
        return 1 if required else 0
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rds-csi-image-") as folder:
        Path(folder).chmod(0o755)
        return check(Path(folder), sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
