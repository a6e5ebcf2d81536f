"""Programs that stand before the real ones on the driver's path: they count their runs, and stop when told to."""

import asyncio
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from rds_csi_async.host.polling import poll
from rds_csi_async.host.process import PATH

NAMES = ("btrfs", "losetup", "mkfs.btrfs", "mkfs.ext4", "mkfs.xfs", "mount", "resize2fs", "umount", "xfs_growfs")
_REPOSITORY = Path(__file__).resolve().parents[2]
_WAIT_S = 60.0
# A run whose arguments have the pattern, or only the one with that number, stops before or after the real program, or,
# for mkfs, with the device as it was before mkfs's last write. It never goes on: it is there until it is killed.
_PROGRAM = """#!/bin/sh
echo "$*" >> {state}/{name}.runs
moment= run= pattern=
[ ! -f {state}/{name}.stop ] || read -r moment run pattern < {state}/{name}.stop
case "$*" in *"$pattern"*) ;; *) moment= ;; esac
[ "${{run:-0}}" = 0 ] || [ "$(wc -l < {state}/{name}.runs)" -eq "$run" ] || moment=
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

    def __init__(self, folder: Path, names: Sequence[str] = NAMES) -> None:
        self._folder = folder
        self._names = names
        self.path = f"{folder}:{PATH}"

    def install(self) -> None:
        """Write the programs."""
        self._folder.mkdir()
        for name in self._names:
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

    def plan(self, name: str, moment: str, pattern: str = "", *, run: int = 0) -> None:
        """Let runs with the pattern in their arguments stop at the moment: `before`, `half` or `after`.

        With `run` only the one with that number, counted from 1, stops.
        """
        (self._folder / f"{name}.stop").write_text(f"{moment} {run} {pattern}\n")

    def clear(self) -> None:
        """Let nothing stop any more, and forget the runs so far."""
        for path in self._folder.iterdir():
            if path.name not in self._names:
                path.unlink()

    def let_go_on(self) -> None:
        """Let nothing stop any more."""
        for path in (*self._folder.glob("*.stop"), *self._folder.glob("stopped")):
            path.unlink()

    def count(self, name: str) -> int:
        """Count the runs of a program, those that were stopped too."""
        return len(self.list_runs(name))

    def list_runs(self, name: str) -> list[str]:
        """List the arguments with which a program was run."""
        runs = self._folder / f"{name}.runs"
        return runs.read_text().splitlines() if runs.exists() else []

    async def wait_stopped(self) -> int:
        """Wait until a program has stopped where it was told to; give its process id."""
        stopped = self._folder / "stopped"
        assert await poll(lambda: asyncio.to_thread(stopped.exists), until=bool, timeout_s=_WAIT_S)
        return int(await asyncio.to_thread(stopped.read_text))
