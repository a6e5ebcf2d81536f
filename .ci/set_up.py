#!/usr/bin/env python3
"""Set up a clone: Debian packages (as root), the virtual environment, Go tools. Standard library, any Python 3.

    .ci/set_up.py demo     what the demo needs
    .ci/set_up.py test     what the tests need besides
    .ci/set_up.py image    what building and running the image needs besides
    .ci/set_up.py vm       what the tests in a guest need besides; the guest's kernel is fetched by the first run

What is there already is left alone. Without root nothing is installed from Debian; what is missing is said, and what
works without it goes on. Exit status 0 when the virtual environment is ready.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
TOOLS = ROOT / ".cache" / "bin"
OLDEST = (3, 11)
# What is looked for, the Debian package that has it (the first of those that the archive has), and what does not work
# without it. All but the demo need the first two.
PROGRAMS = {
    "demo": (
        ("mkfs.ext4", "e2fsprogs", "making ext4"),
        ("mkfs.xfs", "xfsprogs", "making xfs"),
        ("mkfs.btrfs", "btrfs-progs", "making btrfs"),
        ("losetup", "mount", "attaching devices"),
        ("blkid", "util-linux", "telling what is on a device"),
    ),
    "test": (
        ("ssh", "openssh-client", "the test that OpenSSH can talk to the simulator"),
        ("promtool", "prometheus", "checking metrics as Prometheus would"),
    ),
    "image": (("debootstrap", "debootstrap", "a clean Debian to build the image from"),),
    "vm": (
        ("qemu-system-x86_64", "qemu-system-x86", "the guest"),
        ("virtiofsd", "virtiofsd|qemu-system-common", "sharing this machine's files with the guest"),
        ("busybox", "busybox-static", "starting the guest"),
        ("depmod", "kmod", "the guest's kernel modules"),
        ("nvme", "nvme-cli", "attaching over NVMe/TCP"),
    ),
}
CSI_SANITY = "github.com/kubernetes-csi/csi-test/v5/cmd/csi-sanity@v5.6.0"


def main() -> int:
    """Set up, and say what was done."""
    purpose = sys.argv[1] if len(sys.argv) > 1 else "demo"
    if sys.version_info < OLDEST:
        say(f"Python {sys.version.split()[0]} is too old: 3.11 or newer is needed (Debian 12, Ubuntu 24.04 have it)")
        return 1
    install_packages(purpose)
    if not make_environment(purpose):
        return 1
    if purpose != "demo":
        install_csi_sanity()
        install_helm()
    return 0


def install_packages(purpose: str) -> None:
    """Install what is missing, as root; else say what is missing and what that means."""
    purposes = dict.fromkeys(["demo"] if purpose == "demo" else ["demo", "test", purpose])
    wanted = [each for one in purposes for each in PROGRAMS[one]]
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin", "/usr/lib/qemu", "/usr/libexec"])
    missing = {package: use for program, package, use in wanted if not shutil.which(program, path=path)}
    if not has_venv():
        missing[f"python3.{sys.version_info[1]}-venv"] = "making the virtual environment"
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        for package, use in missing.items():
            say(f"missing Debian package {package} ({use}); as root: apt-get install {package.partition('|')[0]}")
        return
    say(f"installing Debian packages: {' '.join(missing)}")
    run_apt("update", "-qq")
    run_apt("install", "-qq", "-y", "--no-install-recommends", *map(choose_package, missing))


def run_apt(*words: str) -> None:
    """Run apt-get; what it cannot do is said, and no reason to stop."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    if subprocess.run(["apt-get", *words], env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
        say(f"apt-get {words[0]} failed; going on with what is there")


def choose_package(names: str) -> str:
    """Choose the first of the names, separated by |, that can be installed here; else the last."""
    *first, last = names.split("|")
    for name in first:
        shown = subprocess.run(["apt-cache", "policy", name], capture_output=True, text=True, check=False).stdout
        if "Candidate: " in shown and "Candidate: (none)" not in shown:
            return name
    return last


def has_venv() -> bool:
    """Tell whether this Python can make a virtual environment with pip in it."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        return False
    return True


def make_environment(purpose: str) -> bool:
    """Make .venv and install the project in it, editable; False when that cannot be done."""
    stamp = VENV / f"ready-for-{purpose}"
    wanted = (ROOT / "pyproject.toml").read_text()
    if stamp.exists() and stamp.read_text() == wanted:
        return True
    if not (VENV / "bin" / "python").exists():
        if not has_venv():
            say("no virtual environment can be made without the package named above")
            return False
        say("making .venv")
        subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    say("installing the project and what it needs into .venv")
    what = [f"-e{ROOT}"] + (["tox>=4.22,<5"] if purpose != "demo" else [])
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *what]
    if subprocess.run(pip, check=False).returncode:
        say("pip could not install; the reason stands above")
        return False
    stamp.write_text(wanted)
    return True


def install_csi_sanity() -> None:
    """Install csi-sanity where Go is found."""
    if (TOOLS / "csi-sanity").exists():
        return
    if not shutil.which("go"):
        say("go was not found, so csi-sanity cannot be installed: `tox -e sanity` will say that it was skipped")
        return
    say("installing csi-sanity with go (a minute or two)")
    TOOLS.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "install", CSI_SANITY], env={**os.environ, "GOBIN": str(TOOLS)}, check=False)


def install_helm() -> None:
    """Install helm, with which the tests of the chart render it."""
    python = VENV / "bin" / "python"
    if subprocess.run([python, ROOT / ".ci" / "get_helm.py", TOOLS], check=False).returncode:
        say("helm could not be fetched: the tests of the chart will say that they were skipped")


def say(text: str) -> None:
    """Tell the person who waits."""
    print(f"set-up: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
