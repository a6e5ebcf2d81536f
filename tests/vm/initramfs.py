"""The guest's initial RAM disk: an archive in the kernel's `newc` form (Documentation/driver-api/early-userspace)."""

import re
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

_FOLDERS = ("bin", "dev", "modules", "proc", "sys")
_TRAILER = "TRAILER!!!"


def render_archive(files: Mapping[str, bytes]) -> bytes:
    """Give an archive of executable files by path, and of the folders and the console that the kernel looks for."""
    entries = [_render_entry(name, stat.S_IFDIR | 0o755, b"") for name in _FOLDERS]
    entries.append(_render_entry("dev/console", stat.S_IFCHR | 0o600, b"", device=(5, 1)))
    entries += [_render_entry(name, stat.S_IFREG | 0o755, content) for name, content in files.items()]
    return b"".join([*entries, _render_entry(_TRAILER, 0, b"")])


def list_modules(folder: Path, names: Iterable[str]) -> list[Path]:
    """List the files of these modules and of all that they need, in the order in which they can be inserted.

    `folder` is /lib/modules/<release>, with what depmod writes. What is built into the kernel has no file.
    """
    needs: dict[str, list[str]] = {}
    paths: dict[str, str] = {}
    for line in (folder / "modules.dep").read_text().splitlines():
        path, _, needed = line.partition(":")
        paths[_key(path)], needs[_key(path)] = path, needed.split()
    built_in = {_key(line) for line in (folder / "modules.builtin").read_text().splitlines()}
    order: dict[str, None] = {}
    for name in names:
        key = _key(name)
        if key not in built_in:
            order |= dict.fromkeys([*reversed(needs[key]), paths[key]])
    return [folder / path for path in order]


def _key(path: str) -> str:
    return re.sub(r"\.ko.*$", "", path.rpartition("/")[2]).replace("-", "_")


def _render_entry(name: str, mode: int, content: bytes, device: tuple[int, int] = (0, 0)) -> bytes:
    word = name.encode() + b"\0"
    inode = 0  # no entry is linked twice
    numbers = (inode, mode, 0, 0, 1, 0, len(content), 0, 0, *device, len(word), 0)
    head = b"070701" + b"".join(b"%08x" % number for number in numbers) + word
    return _padded(head) + _padded(content)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
