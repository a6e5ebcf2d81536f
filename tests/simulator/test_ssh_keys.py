"""Keys are made once, and read as they are written."""

import asyncio
from pathlib import Path

from rds_csi_async.simulator.ssh_keys import ensure_key, make_key, public_line


async def test_a_key_is_made_once_and_nobody_elses_to_read(tmp_path: Path) -> None:
    """The next time it is the same."""
    file = tmp_path / "key"
    made, read = [await asyncio.to_thread(ensure_key, file) for _ in range(2)]
    assert public_line(made) == public_line(read)
    assert (await asyncio.to_thread(file.stat)).st_mode & 0o077 == 0


def test_a_key_that_is_kept_nowhere_is_new_each_time() -> None:
    """As after an administrator has made a new one."""
    assert public_line(make_key()) != public_line(make_key())
    assert public_line(make_key()).startswith("ssh-ed25519 ")
