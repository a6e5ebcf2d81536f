"""Run the tests that need a kernel of their own, in a guest: `tox -e vm`, as root. Arguments go on to pytest.

    tox -e vm                          this Debian's kernel, multipath on: each scenario once
    tox -e vm -- --kernel trixie       Debian 13's kernel, Linux 6.12 (or `bookworm`, 6.1; `both`)
    tox -e vm -- --multipath off       nvme_core.multipath=N (or `both`)
    tox -e vm -- --whole               both kernels, both ways of multipath, the scenarios with every file system
    tox -e vm -- tests/vm/test_life.py -k xfs

Exit status 0 when all has passed, or when it cannot run here and may be left out, which is then said.
"""

import argparse
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.vm.guest import Guest, GuestError, find_sharer, has_kvm
from tests.vm.kernels import CACHE, SUITES, Kernel, NoKernelError, default_suite, ensure_kernel

PATHS = ("tests/vm", "tests/host/test_nvme.py", "tests/host/test_kernel_log.py", "tests/simulator/test_nvmet.py")
_REQUIRED = "RDS_CSI_REQUIRE_TOOLS"
_PASSED_ON = ("CI", _REQUIRED)
_SHORT_S, _WHOLE_S = 3000.0, 14400.0  # for one guest on a machine that has much else to do
_MULTIPATH = {"on": ["Y"], "off": ["N"], "both": ["Y", "N"]}


def find_missing() -> str | None:
    """Tell what the lane cannot run without here."""
    if os.geteuid() != 0:
        return "it needs root, to share this machine's files with the guest"
    if platform.machine() != "x86_64" or not shutil.which("apt-get"):
        return "it needs Debian or Ubuntu on x86_64, whose archive has the kernels"
    programs = ("qemu-system-x86_64", "busybox", "depmod", "nvme", "setpriv", "unshare")
    missing = [name for name in programs if not shutil.which(name)] + ([] if find_sharer() else ["virtiofsd"])
    return f"{', '.join(missing)} not found: .ci/set_up.py vm installs them" if missing else None


def run(options: argparse.Namespace, rest: list[str]) -> int:
    """Boot a guest for each combination asked for; give the worst exit status."""
    suites = SUITES if options.kernel == "both" else (options.kernel,)
    _compile(list(PATHS))
    statuses = [
        _run_one(ensure_kernel(suite), multipath, options, rest)
        for suite in suites
        for multipath in _MULTIPATH[options.multipath]
    ]
    return max(statuses)


def _compile(paths: list[str]) -> None:
    """Have Python's own form of all modules lie beside them: the guest cannot write it, and would take far longer."""
    collect = (sys.executable, "-m", "pytest", "-m", "vm", "-q", "--collect-only", "-p", "no:cacheprovider", *paths)
    subprocess.run(collect, check=False, stdout=subprocess.DEVNULL)


def _run_one(kernel: Kernel, multipath: str, options: argparse.Namespace, rest: list[str]) -> int:
    started_s = time.monotonic()
    accelerator = _choose_accelerator(kernel) if options.accelerator == "auto" else options.accelerator
    print(f"vm: Linux {kernel.release} under {accelerator}, nvme_core.multipath={multipath}", flush=True)
    guest = Guest(kernel, f"nvme_core.multipath={multipath}", accelerator, options.timeout)
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    if options.whole:
        environment["RDS_CSI_VM_WHOLE"] = "1"
    paths = [word for word in rest if Path(word.partition("::")[0]).exists()]
    pytest = ("-m", "tests.vm.forks", "-m", "vm", "-p", "no:cacheprovider", "--basetemp=/tmp/tests")
    status = guest.run([sys.executable, *pytest, *rest, *([] if paths else PATHS)], environment)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(
        f"vm: exit status {status} after {time.monotonic() - started_s:.0f} s"
        f" ({used.ru_utime + used.ru_stime:.0f} s of a processor so far)",
        flush=True,
    )
    return status


def _choose_accelerator(kernel: Kernel) -> str:
    """Take KVM where it has been of use once since this machine started; remember what was found."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    known = CACHE / f"accelerator-{boot}"
    if not known.exists():
        known.write_text("kvm" if has_kvm(kernel) else "tcg")
    return known.read_text().strip()


def main() -> int:
    """Run it, or say why not."""
    parser = argparse.ArgumentParser(
        prog="tox -e vm --", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--kernel", choices=(*SUITES, "both"), default=default_suite())
    parser.add_argument("--multipath", choices=tuple(_MULTIPATH), default="on")
    parser.add_argument("--whole", action="store_true", help="both kernels, both ways of multipath, every combination")
    parser.add_argument("--accelerator", choices=("auto", "tcg", "kvm"), default="auto")
    parser.add_argument("--timeout", type=float, help="seconds for each guest")
    options, rest = parser.parse_known_args()
    if options.whole:
        options.kernel, options.multipath = "both", "both"
    options.timeout = options.timeout or (_WHOLE_S if options.whole else _SHORT_S)
    try:
        missing = find_missing()
        if missing is None:
            return run(options, rest)
    except NoKernelError as error:
        missing = str(error)
    except GuestError as error:
        print(f"vm: {error}")
        return 1
    required = bool(os.environ.get(_REQUIRED))
    print(f"the vm lane was {'NOT RUN' if required else 'skipped'}: {missing}")
    return 1 if required else 0


if __name__ == "__main__":
    sys.exit(main())
