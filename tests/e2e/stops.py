"""Programs that stand before the real ones on the driver's path: they count their runs, and stop when told to."""

import asyncio
import shlex
import shutil
import sys
from pathlib import Path

from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import PATH

NAMES = ("btrfs", "losetup", "mkfs.btrfs", "mkfs.ext4", "mkfs.xfs", "mount", "resize2fs", "umount", "xfs_growfs")
_REPOSITORY = Path(__file__).resolve().parents[2]
_WAIT_S = 60.0
# A run whose arguments have the pattern stops before or after the real program, or, for mkfs, with the device as it was
# before mkfs's last write. It never goes on: it is there until it is killed.
_PROGRAM = """#!/bin/sh
echo "$*" >> {state}/{name}.runs
moment= pattern=
[ ! -f {state}/{name}.stop ] || read -r moment pattern < {state}/{name}.stop
case "$*" in *"$pattern"*) ;; *) moment= ;; esac
stop() {{ echo $$ > {state}/stopped.new && mv {state}/stopped.new {state}/stopped && exec sleep infinity; }}
case "$moment" in
    before) stop ;;
    half)
        export PATH={path} PYTHONPATH={repository}:{repository}/src
        {python} -m tests.e2e.half_mkfs {name} "$@" && stop; exit 9 ;;
    after) {real} "$@" && stop; exit 9 ;;
esac
exec {real} "$@"
"""


class Stops:
    """Such programs in a folder. All methods but `wait_stopped` block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.path = f"{folder}:{PATH}"

    def install(self) -> None:
        """Write the programs."""
        self._folder.mkdir()
        for name in NAMES:
            real = shutil.which(name, path=PATH)
            if real is None:
                message = f"{name} is not found"
                raise FileNotFoundError(message)
            words = {
                "state": self._folder,
                "real": real,
                "python": sys.executable,
                "repository": _REPOSITORY,
                "path": PATH,
            }
            quoted = {key: shlex.quote(str(word)) for key, word in words.items()}
            program = self._folder / name
            program.write_text(_PROGRAM.format(name=name, **quoted))
            program.chmod(0o755)

    def plan(self, name: str, moment: str, pattern: str = "") -> None:
        """Let runs with the pattern in their arguments stop at the moment: `before`, `half` or `after`."""
        (self._folder / f"{name}.stop").write_text(f"{moment} {pattern}\n")

    def clear(self) -> None:
        """Let nothing stop any more, and forget the runs so far."""
        for path in self._folder.iterdir():
            if path.name not in NAMES:
                path.unlink()

    def let_go_on(self) -> None:
        """Let nothing stop any more."""
        for path in (*self._folder.glob("*.stop"), *self._folder.glob("stopped")):
            path.unlink()

    def count(self, name: str) -> int:
        """Count the runs of a program, those that were stopped too."""
        runs = self._folder / f"{name}.runs"
        return len(runs.read_text().splitlines()) if runs.exists() else 0

    async def wait_stopped(self) -> int:
        """Wait until a program has stopped where it was told to; give its process id."""
        stopped = self._folder / "stopped"
        assert await poll(lambda: asyncio.to_thread(stopped.exists), until=bool, timeout_s=_WAIT_S)
        return int(await asyncio.to_thread(stopped.read_text))
