"""Builds the image as a folder: each RUN by chroot, in a mount namespace of its own that ends with it. Needs root."""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.image.containerfile import Instruction, Stage, parse_copy

RELEASE, MIRROR = "trixie", "http://deb.debian.org/debian"
# As in Debian's slim images: nobody reads manuals in a container, and what is killed while building is built anew.
DPKG = "force-unsafe-io\n" + "".join(
    f"path-exclude /usr/share/{folder}/*\n" for folder in ("doc", "info", "lintian", "linda", "locale", "man")
)
# What a container engine does: kernel file systems, names of hosts; besides, the certificates that this machine trusts.
ENTER = """set -eu
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"; mount --rbind /sys "$1/sys"; mount --rbind /dev "$1/dev"
mount -t tmpfs tmpfs "$1/run"; mount -t tmpfs tmpfs "$1/tmp"; mount -t tmpfs tmpfs "$1/mnt"
[ ! -e /etc/resolv.conf ] || mount --bind /etc/resolv.conf "$1/etc/resolv.conf"
[ ! -e "${PIP_CERT:-}" ] || cp "$PIP_CERT" "$1/mnt/trusted.pem"
[ -z "$2" ] || { mkdir -p "$1$2"; mount --rbind "$2" "$1$2"; }
if [ "$4" = frozen ]; then mount -o remount,bind,ro "$1"; fi
root="$1"; user="$3"; shift 4
exec chroot --userspec="$user" "$root" /usr/bin/env -i "$@"
"""
TAKEN_OVER = ("http_proxy", "https_proxy", "no_proxy", "PIP_DEFAULT_TIMEOUT", "PIP_INDEX_URL", "PIP_PROXY")
NAMESPACE = ("unshare", "--mount", "--propagation", "private")
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


@dataclass(frozen=True, slots=True)
class Container:
    """A root to run programs in, as whom, with which environment; `shared` is a folder that is there too."""

    root: Path
    environment: Sequence[str] = (PATH,)
    user: str = "0:0"
    shared: str = ""
    frozen: bool = False  # the root itself cannot be written

    def command(self, *argv: str) -> tuple[str, ...]:
        """Give the command line that runs a program in it."""
        how = (str(self.root), self.shared, self.user, "frozen" if self.frozen else "")
        return (*NAMESPACE, "sh", "-c", ENTER, "enter", *how, *self.environment, *argv)


def run(command: Sequence[str]) -> str:
    """Run a command to its end, and give what it printed.

    Raises:
        RuntimeError: it failed.

    """
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a test's own
    if done.returncode:
        message = f"{' '.join(command[-3:])} failed ({done.returncode}): {done.stdout[-3000:]}{done.stderr[-3000:]}"
        raise RuntimeError(message)
    return done.stdout


def ensure_base(base: Path) -> Path:
    """Make a clean Debian root with debootstrap, once."""
    if not base.exists():
        fresh = base.with_name("fresh")
        shutil.rmtree(fresh, ignore_errors=True)
        base.parent.mkdir(parents=True, exist_ok=True)
        run(["debootstrap", "--variant=minbase", RELEASE, str(fresh), MIRROR])
        (fresh / "etc/dpkg/dpkg.cfg.d/slim").write_text(DPKG)
        for folder in ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/lib/apt/lists", "var/cache/apt"):
            shutil.rmtree(fresh / folder, ignore_errors=True)
            (fresh / folder).mkdir()
        fresh.rename(base)
    return base


class Building:
    """Builds stages one after the other in a folder."""

    def __init__(self, context: Path, base: Path, folder: Path) -> None:
        self._context = context
        self._base = base
        self._folder = folder
        self._roots: dict[str, Path] = {}

    def build(self, stages: Sequence[Stage]) -> Path:
        """Build all of them; give the root of the last."""
        for number, stage in enumerate(stages):
            root = self._folder / (stage.name or f"stage-{number}")
            run(["cp", "-a", "--reflink=auto", str(self._base), str(root)])
            self._roots[stage.name or str(number)] = root
            self._build_stage(stage, root)
        return root

    def _build_stage(self, stage: Stage, root: Path) -> None:
        where = "/"
        environment: dict[str, str] = {}
        for each in stage.instructions:
            if each.name == "ENV":
                environment |= dict(word.split("=", 1) for word in each.words)
            elif each.name == "WORKDIR":
                where = each.text
                (root / where.lstrip("/")).mkdir(parents=True, exist_ok=True)
            elif each.name == "RUN":
                self._run_in(root, each.text, where, environment)
            elif each.name == "COPY":
                self._copy(each, root, where)

    def _run_in(self, root: Path, text: str, where: str, environment: Mapping[str, str]) -> None:
        known = {name: value for name, value in os.environ.items() if name in TAKEN_OVER}  # noqa: TID251 - see there
        if "PIP_CERT" in os.environ:  # noqa: TID251 - this machine's, not the driver's
            known["PIP_CERT"] = "/mnt/trusted.pem"
        pairs = [f"{name}={value}" for name, value in {**known, **environment}.items()]
        run(Container(root, (PATH, *pairs)).command("sh", "-c", f"cd {where} && {text}"))

    def _copy(self, instruction: Instruction, root: Path, where: str) -> None:
        """Copy as COPY does: of a folder the contents; into a folder when the target ends in a slash."""
        what = parse_copy(instruction)
        origin = self._roots[what.stage] if what.stage else self._context
        target = root / (Path(where) / what.to).as_posix().lstrip("/")
        for source in what.sources:
            path = origin / source.lstrip("/")
            if path.is_dir():
                shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True)
            else:
                to = target / path.name if what.to.endswith("/") else target
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, to)
