"""Debian's kernels for the guest, each fetched once and unpacked below `.cache/vm`; none is installed."""

import lzma
import os
import re
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SUITES = ("bookworm", "trixie")  # Linux 6.1 and 6.12
CACHE = Path(__file__).resolve().parents[2] / ".cache" / "vm"
_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_ARCHIVE = "http://deb.debian.org/debian"
_META_PACKAGE = "linux-image-cloud-amd64"
_OTHERS = frozenset({"sound", "media", "gpu", "wireless", "bluetooth"})  # folders of modules that no test needs


class NoKernelError(Exception):
    """No kernel could be fetched."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One that is there: its image, and its modules as below /lib/modules."""

    image: Path
    modules: Path

    @property
    def release(self) -> str:
        """What uname -r says."""
        return self.modules.name


def default_suite() -> str:
    """Give the suite of this machine, or the oldest one where it is no Debian of these."""
    codename = _read_codename()
    return codename if codename in SUITES else SUITES[0]


def ensure_kernel(suite: str) -> Kernel:
    """Give the suite's kernel; fetch it if it is not there.

    Raises:
        NoKernelError: it is not there and cannot be fetched.

    """
    folder = CACHE / suite
    found = _find_kernel(folder)
    if found is not None:
        return found
    fresh = folder.with_suffix(".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        _fetch(suite, fresh)
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or error
        message = f"Debian {suite}'s kernel could not be fetched: {said}"
        raise NoKernelError(message) from error
    fresh.replace(folder)
    kernel = _find_kernel(folder)
    if kernel is None:
        message = f"Debian {suite}'s package has no kernel where one is looked for"
        raise NoKernelError(message)
    return kernel


def _find_kernel(folder: Path) -> Kernel | None:
    images, modules = list(folder.glob("boot/vmlinuz-*")), list(folder.glob("lib/modules/*"))
    return Kernel(images[0], modules[0]) if images and modules else None


def _fetch(suite: str, folder: Path) -> None:
    apt = folder / "apt"
    options = _own_apt(suite, apt)
    _run("apt-get", *options, "update", cwd=apt)
    shown = _run("apt-cache", *options, "depends", _META_PACKAGE, cwd=apt)
    package = re.findall(r"Depends: (linux-image-\S+)", shown)[0]
    _run("apt-get", *options, "download", package, cwd=apt)
    _unpack(apt, package, folder)
    shutil.rmtree(apt)
    _make_ready(folder)


def _own_apt(suite: str, apt: Path) -> list[str]:
    """Make a state of apt's own for one suite, checked with Debian's newest keys; give the options that use it."""
    for name in ("lists/partial", "archives/partial", "keys"):
        (apt / name).mkdir(parents=True)
    keys = _find_keys(apt)
    (apt / "sources.list").write_text(f"deb [signed-by={keys}] {_find_archive()} {suite} main\n")
    settings = {
        "Dir::State": apt,
        "Dir::Cache": apt,
        "Dir::Etc::sourcelist": apt / "sources.list",
        "Dir::Etc::sourceparts": "-",
        "APT::Sandbox::User": "root",
        "Acquire::Languages": "none",
        "APT::Update::Error-Mode": "any",
    }
    return [f"-o{key}={value}" for key, value in settings.items()]


def _find_keys(apt: Path) -> Path:
    """Take the newest keys that this machine's archive has, which know later suites; else those installed."""
    with suppress(subprocess.CalledProcessError):
        _run("apt-get", "download", "debian-archive-keyring", cwd=apt)
        _unpack(apt, "debian-archive-keyring", apt / "keys")
    return next((apt / "keys").rglob("debian-archive-keyring.gpg"), _KEYS)


def _find_archive() -> str:
    """Take the mirror that this machine uses, if it is one of Debian's archive."""
    codename = _read_codename()
    if codename not in SUITES:
        return _ARCHIVE
    shown = _run("apt-get", "indextargets", "--format", "$(RELEASE)/$(COMPONENT) $(REPO_URI)", "Created-By: Packages")
    found = re.search(rf"^{codename}/main (\S+)$", shown, re.MULTILINE)
    return found[1] if found else _ARCHIVE


def _read_codename() -> str:
    found = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.MULTILINE)
    return found[1] if found else ""


def _unpack(apt: Path, package: str, folder: Path) -> None:
    (file,) = apt.glob(f"{package}_*.deb")
    _run("dpkg-deb", "-x", str(file), str(folder))


def _make_ready(folder: Path) -> None:
    """Leave out what is not needed, have the rest as the initial RAM disk can insert it, and index it."""
    (modules,) = [*folder.glob("lib/modules/*"), *folder.glob("usr/lib/modules/*")]
    if modules.parents[2] != folder:
        (folder / "lib").mkdir(exist_ok=True)
        (folder / "usr" / "lib" / "modules").rename(folder / "lib" / "modules")
        modules = folder / "lib" / "modules" / modules.name
    for path in [path for path in modules.rglob("*") if path.is_dir() and path.name in _OTHERS]:
        shutil.rmtree(path, ignore_errors=True)
    for path in list(modules.rglob("*.ko.xz")):
        path.with_suffix("").write_bytes(lzma.decompress(path.read_bytes()))
        path.unlink()
    _run("depmod", "-b", str(folder), modules.name)


def _run(*argv: str, cwd: Path | None = None) -> str:
    environment = {**os.environ, "LC_ALL": "C", "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd=cwd, env=environment)
    return done.stdout
