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


async def test_a_change_is_kept_without_writing_all(tmp_path: Path) -> None:
    """Rows that came, changed and went, and the ids that were given out."""
    state, file = State("box"), StateFile(tmp_path / "state.json")
    await file.save(state)
    written = await asyncio.to_thread((tmp_path / "state.json").read_bytes)
    for number in (1, 2, 3):
        state.take_id()
        state.disks[number] = {"slot": str(number)}
        await file.note(state, "disks", number)
    state.disks[1] = {"slot": "x"}
    del state.disks[2]
    state.subvolumes[3] = {"name": "v"}
    await asyncio.gather(file.note(state, "disks", 1), file.note(state, "disks", 2), file.note(state, "subvolumes", 3))
    assert await asyncio.to_thread((tmp_path / "state.json").read_bytes) == written
    assert await StateFile(tmp_path / "state.json").load("") == state


async def test_a_line_that_was_being_written_when_the_power_went_is_none(tmp_path: Path) -> None:
    """What came before it is kept."""
    state, file = State("box"), StateFile(tmp_path / "state.json")
    state.disks[1] = {"slot": "a"}
    await file.note(state, "disks", 1)
    whole = await asyncio.to_thread((tmp_path / "state.journal").read_text)
    await asyncio.to_thread((tmp_path / "state.journal").write_text, whole + '["disks", 2, {"sl')
    assert (await StateFile(tmp_path / "state.json").load("box")).disks == {1: {"slot": "a"}}


async def test_a_long_journal_becomes_a_file(tmp_path: Path) -> None:
    """Or it would grow for ever."""
    state, file = State("box"), StateFile(tmp_path / "state.json")
    for number in range(1100):
        state.disks[1] = {"slot": str(number)}
        await file.note(state, "disks", 1)
    assert len((await asyncio.to_thread((tmp_path / "state.journal").read_text)).splitlines()) < 200
    assert (await StateFile(tmp_path / "state.json").load("")).disks == {1: {"slot": "1099"}}


def test_going_back_gives_no_id_out_twice() -> None:
    """Everything else is as it was, and apart from what it was copied from."""
    state = State("box", disks={1: {"slot": "a"}})
    earlier = state.copy()
    state.take_id()
    state.disks[1]["slot"] = "b"
    state.disks[2] = {}
    state.become(earlier)
    assert (state.disks, state.next_number) == ({1: {"slot": "a"}}, 2)
    state.disks[1]["slot"] = "c"
    assert earlier.disks == {1: {"slot": "a"}}
