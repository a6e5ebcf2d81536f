"""What really lies on the pools: files and folders, and whether a volume still has the data that a node wrote."""

from pathlib import Path
from typing import Final

_MARK_BYTES: Final = 64


def list_left(pools: Path) -> list[str]:
    """List everything that lies on the pools, but for the folder of all images, by its path below them. Blocks."""
    paths = (path.relative_to(pools) for path in sorted(pools.glob("*/**/*")))
    return [str(path) for path in paths if path.parts[1:] != ("volumes",)]


def list_names(folder: Path) -> list[str]:
    """List what lies in a folder. Blocks."""
    return sorted(path.name for path in folder.iterdir())


def read_mark(file: Path) -> bytes | None:
    """Read what was marked; None where there is no file. Blocks."""
    try:
        with file.open("rb") as opened:
            return opened.read(_MARK_BYTES)
    except FileNotFoundError:
        return None


def write_mark(file: Path, mark: str) -> bytes:
    """Write what a node would, and give it as it is read back. Blocks."""
    data = mark.encode().ljust(_MARK_BYTES, b".")[:_MARK_BYTES]
    with file.open("r+b") as opened:
        opened.write(data)
    return data


def is_blank(mark: bytes) -> bool:
    """Tell whether nobody ever wrote there."""
    return not mark.strip(b"\0")
