"""A guest under QEMU: one of Debian's kernels, this machine's own files below it, one command in it.

The guest's root is the host's, shared read-only over virtiofs without what is mounted below it; all that the guest
writes goes into its memory and is gone with it. There is no network but the loopback. The command runs as root, its
output comes out as it is said, its exit status comes last.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.vm.initramfs import list_modules, render_archive
from tests.vm.kernels import Kernel

ROOT = Path(__file__).resolve().parents[2]
_HERE = Path(__file__).parent
_EARLY = ("virtio_pci", "virtiofs", "overlay", "virtio_console")
_LOADED = ("nvmet-tcp", "loop")  # nvme-tcp is for the driver to load
_SHARERS = ("/usr/lib/qemu/virtiofsd", "/usr/libexec/virtiofsd")  # of QEMU 7 and before, and the later one of its own
_MEMORY = "2G"
_START_S = 20.0
_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
_BIND = 'mount --bind / "$0" && mount -o remount,ro,bind "$0" && exec "$@"'


class GuestError(Exception):
    """The guest did not start, or did not end by itself; the message has the end of its console."""


@dataclass(frozen=True, slots=True)
class Guest:
    """What to boot. `append` is for the kernel's command line; `accelerator` is tcg or kvm.

    In `grace_s` a guest whose time is over says what hangs in it.
    """

    kernel: Kernel
    append: str = ""
    accelerator: str = "tcg"
    timeout_s: float = 1500.0
    grace_s: float = 30.0

    def run(self, argv: Sequence[str], environment: Mapping[str, str]) -> int:
        """Boot, run the command in the checkout, and give its exit status.

        Raises:
            GuestError: there is no exit status.

        """
        with tempfile.TemporaryDirectory(prefix="rds-csi-guest-") as name, ExitStack() as stack:
            folder = Path(name)
            shares = [Path("/"), *_own_mounts()]
            devices = [stack.enter_context(_sharing(folder, number, path)) for number, path in enumerate(shares)]
            (folder / "initrd").write_bytes(self._render_initrd(shares[1:], argv, environment))
            self._boot(folder, [word for device in devices for word in device])
            status = (folder / "status").read_text().strip()
            if not status:
                raise GuestError(_describe(folder, "the guest ended without its command's exit status"))
            return int(status)

    def _boot(self, folder: Path, devices: Sequence[str]) -> None:
        command = [*_DIES_WITH_US, *self._render_qemu(folder), *devices]
        with (folder / "log").open("wb") as log, subprocess.Popen(command, stdin=-1, stderr=log) as machine:
            try:
                machine.wait(self.timeout_s + self.grace_s)
            except subprocess.TimeoutExpired:
                raise GuestError(_describe(folder, f"the guest did not end within {self.timeout_s:g} s")) from None
            finally:
                machine.kill()

    def _render_qemu(self, folder: Path) -> list[str]:
        (folder / "status").touch()
        return [
            *("qemu-system-x86_64", "-nodefaults", "-display", "none", "-no-reboot", "-machine", "pc", "-smp", "1"),
            *("-accel", self.accelerator, "-cpu", "max", "-m", _MEMORY),
            *("-object", f"memory-backend-memfd,id=memory,size={_MEMORY},share=on", "-numa", "node,memdev=memory"),
            *("-kernel", str(self.kernel.image), "-initrd", str(folder / "initrd")),
            *("-append", f"console=ttyS0 quiet panic=-1 sysrq_always_enabled=1 random.trust_cpu=on {self.append}"),
            *("-chardev", f"file,id=console,path={folder / 'console'}", "-serial", "chardev:console"),
            *("-device", "virtio-serial-pci", "-chardev", "stdio,id=said,signal=off"),
            *("-device", "virtserialport,chardev=said,name=said"),
            *("-chardev", f"file,id=status,path={folder / 'status'}"),
            *("-device", "virtserialport,chardev=status,name=status"),
        ]

    def _render_initrd(self, shares: Sequence[Path], argv: Sequence[str], environment: Mapping[str, str]) -> bytes:
        modules = list_modules(self.kernel.modules, _EARLY)
        exports = "".join(f"export {name}={shlex.quote(value)}; " for name, value in environment.items())
        settings = {
            "SHARED": " ".join(map(str, shares)),
            "MODULES": str(self.kernel.modules),
            "LOADED": " ".join(_LOADED),
            "PATIENCE_S": f"{self.timeout_s:.0f}",
        }
        text = "".join(f"{name}={shlex.quote(value)}\n" for name, value in settings.items())
        text += (
            f"run_command() {{ cd {shlex.quote(str(ROOT))} && ( {exports}exec /usr/bin/env {shlex.join(argv)} ); }}\n"
        )
        return render_archive(
            {
                "init": (_HERE / "first.sh").read_bytes(),
                "second.sh": (_HERE / "second.sh").read_bytes(),
                "settings.sh": text.encode(),
                "bin/busybox": Path(shutil.which("busybox") or "").read_bytes(),
                "modules/order": "".join(f"{module.name}\n" for module in modules).encode(),
                **{f"modules/{module.name}": module.read_bytes() for module in modules},
            }
        )


def find_sharer() -> str | None:
    """Find the program that shares folders with a guest."""
    return next((path for path in _SHARERS if Path(path).exists()), None)


def _own_mounts() -> list[Path]:
    """List what the guest needs and a look at the host's / does not show: mounts of their own."""
    root = Path("/").stat().st_dev
    return [path for path in dict.fromkeys((ROOT, Path(sys.base_prefix))) if path.stat().st_dev != root]


@contextmanager
def _sharing(folder: Path, number: int, path: Path) -> Iterator[list[str]]:
    """Share a folder, read-only where it is /; give QEMU's arguments for it."""
    socket, tag = folder / f"share{number}.sock", f"share{number - 1}" if number else "root"
    sharer, shared = find_sharer() or "", str(path)
    enter: tuple[str, ...] = ()
    if number == 0:  # seen from a mount namespace of its own, so that nothing of this is left on the host
        shared = str(folder / "root")
        Path(shared).mkdir()
        enter = ("unshare", "--mount", "--propagation", "private", "sh", "-c", _BIND, shared)
    first = "/qemu/" in sharer
    options = ("-f", "-o", f"source={shared},cache=always,sandbox=chroot,log_level=err") if first else ()
    later = () if first else (f"--shared-dir={shared}", "--cache=always", "--sandbox=chroot", "--log-level=error")
    command = [*_DIES_WITH_US, *enter, sharer, f"--socket-path={socket}", *options, *later]
    with (folder / "log").open("ab") as log, subprocess.Popen(command, stdin=-3, stdout=log, stderr=log) as process:
        try:
            end_s = time.monotonic() + _START_S
            while not socket.exists():
                if process.poll() is not None or time.monotonic() > end_s:
                    raise GuestError(_describe(folder, f"{sharer} does not share {path}"))
                time.sleep(0.02)
            yield [
                *("-chardev", f"socket,id={tag},path={socket}"),
                *("-device", f"vhost-user-fs-pci,queue-size=512,chardev={tag},tag={tag}"),
            ]
        finally:
            process.kill()


def _describe(folder: Path, message: str) -> str:
    """Say it with the end of what console and programs said."""
    said = [path.read_text(errors="replace") for path in (folder / "console", folder / "log") if path.exists()]
    return "\n".join([message, *("\n".join(text.replace("\r", "").splitlines()[-120:]) for text in said)])


def has_kvm(kernel: Kernel) -> bool:
    """Tell whether a guest boots under KVM, by booting one: a nested KVM may be there, and be of no use."""
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return False
    try:
        return Guest(kernel, accelerator="kvm", timeout_s=10, grace_s=0).run(["true"], {}) == 0
    except GuestError:
        return False
