"""The tables survive a restart."""

import asyncio
from pathlib import Path

from rds_csi_async.simulator.state import State, StateFile
from rds_csi_async.simulator.values import ItemId


async def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    """Ids that were given out do not come back."""
    state = State("box", pool_numbers={"p": 1}, pool_comments={"p": "c"})
    assert state.take_id() == ItemId(1)
    state.disks[1] = {"slot": "a", "swap": False, "file-size": 5}
    state.subvolumes[2] = {"name": "v\xc3\xa9"}
    await StateFile(tmp_path / "state.json").save(state)
    assert await StateFile(tmp_path / "state.json").load("other") == state


async def test_nothing_kept_is_a_new_appliance(tmp_path: Path) -> None:
    """With the identity from the settings."""
    assert await StateFile(tmp_path / "state.json").load("box") == State("box")


async def test_every_save_covers_what_was_changed_before_it(tmp_path: Path) -> None:
    """Also when several wait for one write."""
    state, file = State("box"), StateFile(tmp_path / "state.json")

    async def change(number: int) -> None:
        state.disks[number] = {"slot": str(number)}
        await file.save(state)
        kept = await StateFile(tmp_path / "state.json").load("")
        assert kept.disks[number] == {"slot": str(number)}

    await asyncio.gather(*map(change, range(20)))
