"""What has to be true of the programs in the image."""

import subprocess

from rds_csi_async.domain.connections import Target
from rds_csi_async.host.nvme_cli import NvmeSettings, render_connect
from rds_csi_async.host.process import DEBIAN_PACKAGES, NODE_PROGRAMS
from tests.contracts.connections import HOST
from tests.image.building import Container, run
from tests.image.places import read_packages


class WrongImageError(Exception):
    """The image is not as it has to be."""


def check_programs(container: Container) -> int:
    """See that each program is there, in the package that the driver names and the list has; give their number."""
    listed = {package.name for package in read_packages()}
    for program, package in DEBIAN_PACKAGES.items():
        # A file may be known to dpkg by the older of its two names, /sbin/mkfs.ext4 say.
        look = f'path=$(command -v {program}) && dpkg-query -S "*/${{path##*/}}"'
        owners = {line.split(":")[0] for line in run(container.command("sh", "-c", look)).splitlines()}
        if package not in owners or package not in listed:
            message = f"{program} is of {owners}; the driver says {package}, and listed are {sorted(listed)}"
            raise WrongImageError(message)
    return len(DEBIAN_PACKAGES)


def check_versions(container: Container) -> int:
    """See that no package is older than the list says; give their number."""
    packages = read_packages()
    for package in packages:
        installed = run(container.command("dpkg-query", "-W", "-f", "${Version}", package.name))
        bare = installed.partition(":")[2] or installed  # an epoch says nothing about what is in it
        run(container.command("dpkg", "--compare-versions", bare, "ge", package.oldest))
    return len(packages)


def check_nvme_options(container: Container) -> int:
    """See that this nvme-cli knows every option that it is given."""
    argv = render_connect(Target("nqn.2014-08.org.example:a", "192.0.2.1", 4420, HOST, 1), NvmeSettings(io_queues=1))
    options = [word.partition("=")[0] for word in argv if word.startswith("--")]
    done = _try(container, "nvme", "connect", "--help")
    unknown = [option for option in options if f"{option}=" not in done.stdout + done.stderr]
    if unknown or not options:
        message = f"nvme connect does not know {unknown}"
        raise WrongImageError(message)
    return len(options)


def check_refusal(container: Container) -> str:
    """See that a node which lacks programs does not start, and names each; give its words."""
    node = ("rds-csi", "run", "--mode=node", "--node-name=a", "--cluster-id=a", "--http-address=127.0.0.1:0")
    done = _try(container, *node, f"--endpoint=unix://{container.shared}/a.sock", "--program-path=/nowhere")
    said = done.stderr.strip()
    if done.returncode == 0 or any(program not in said for program in (*NODE_PROGRAMS, "nvme")):
        message = f"ended with {done.returncode}: {said}"
        raise WrongImageError(message)
    return said.splitlines()[-1]


def _try(container: Container, *argv: str) -> "subprocess.CompletedProcess[str]":
    command = container.command(*argv)
    return subprocess.run(  # noqa: S603 - a program in the image
        command, capture_output=True, text=True, check=False, timeout=60
    )
