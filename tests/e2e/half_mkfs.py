"""A program: leaves on a device what mkfs had written just before its last write. `half_mkfs mkfs.ext4 … DEVICE`."""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.host.images import make_image, take_back_end


def main(name: str, device: str) -> None:
    """Make the file system in a file of the device's size, take its end back, and copy what is not zero."""
    with Path(device).open("rb") as file:
        size_bytes = file.seek(0, 2)
    with tempfile.TemporaryDirectory() as folder:
        file_system = name.partition(".")[2]
        image = make_image(Path(folder, "image"), file_system, size_bytes)
        take_back_end(image, file_system)
        copy = ["dd", f"if={image}", f"of={device}", "bs=64K", "conv=sparse,notrunc,fsync", "status=none"]
        subprocess.run(copy, check=True, timeout=60)  # noqa: S603 - our own file, onto the device of the test


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[-1])
