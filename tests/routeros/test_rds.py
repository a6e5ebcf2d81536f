"""The appliance answers whole and well, or it is an error that says so."""

from collections.abc import Callable
from typing import Final

import pytest

from rds_csi_async.domain.errors import (
    ConflictError,
    CutOffError,
    InsufficientCapacityError,
    InvalidRequestError,
    NotReadyError,
)
from rds_csi_async.domain.volumes import Change
from rds_csi_async.routeros.rds import RouterOsRds
from rds_csi_async.routeros.replies import ApplianceError
from tests.fakes.console import TOKEN, ScriptedConsole
from tests.routeros.examples import NEW, SEEN, SETTINGS, SLOT
from tests.transcripts import read_transcript

REPLIES: Final = {
    name: read_transcript(name).reply
    for name in (
        "absent",
        "closed",
        "console_message",
        "cut_off",
        "found",
        "found_as_text",
        "listing",
        "no_space",
        "rebooting",
        "stale",
        "syntax_error",
        "version",
        "version_too_old",
    )
}
GREETING: Final = (REPLIES["version"], REPLIES["absent"])
POOL_ROW: Final = REPLIES["absent"].split("\r\n")[0]


def left(count: int) -> str:
    """Print how much a removal has left."""
    return f'{{"left":{count}}}\r\n=end 1  {TOKEN}\r\n'


@pytest.fixture
def rds_of() -> Callable[..., tuple[RouterOsRds, ScriptedConsole]]:
    """Give an appliance that was greeted, and then gives these answers."""

    def build(*answers: str) -> tuple[RouterOsRds, ScriptedConsole]:
        console = ScriptedConsole([*GREETING, *answers])
        return RouterOsRds(SETTINGS, console, lambda: TOKEN), console

    return build


Build = Callable[..., tuple[RouterOsRds, ScriptedConsole]]


@pytest.mark.parametrize("name", ["found", "found_as_text", "console_message"])
async def test_a_volume_is_found_in_every_form(rds_of: Build, name: str) -> None:
    """Numbers as text, and messages in between, change nothing."""
    rds, console = rds_of(REPLIES[name])
    found = await rds.find_volume(SLOT)
    assert found is not None
    assert (found.slot, found.pool, found.size_bytes, found.exported) == (SLOT, "fast", 1 << 40, True)
    assert found.nqn.endswith(".0123456789abcdef")
    assert console.mutating == [False] * 3


async def test_absent_is_none_out_of_a_whole_reply(rds_of: Build) -> None:
    """With the pool mounted in it."""
    rds, _ = rds_of(REPLIES["absent"])
    assert await rds.find_volume(SLOT) is None


@pytest.mark.parametrize(
    ("name", "error"),
    [("rebooting", NotReadyError), ("cut_off", CutOffError), ("syntax_error", CutOffError)],
)
async def test_nothing_else_is_absent(rds_of: Build, name: str, error: type[Exception]) -> None:
    """A box that is rebooting, and a reply that is not whole, say nothing."""
    rds, _ = rds_of(REPLIES[name])
    with pytest.raises(error):
        await rds.find_volume(SLOT)


async def test_an_unknown_pool_is_asked_nothing(rds_of: Build) -> None:
    """Nothing is sent for it."""
    rds, console = rds_of()
    with pytest.raises(InvalidRequestError):
        await rds.get_pool("nobody")
    assert console.lines == []


async def test_creating_is_one_line_that_changes(rds_of: Build) -> None:
    """And returns what is in the slot then."""
    rds, console = rds_of(REPLIES["closed"])
    made = await rds.create_volume(NEW)
    assert (made.exported, made.nqn, made.comment) == (False, "", "")
    assert console.mutating == [False, False, True]


async def test_what_others_wait_for_goes_first(rds_of: Build) -> None:
    """Looks at one volume, and at the appliance; nothing else."""
    rds, console = rds_of(REPLIES["absent"], REPLIES["absent"], REPLIES["closed"], REPLIES["listing"])
    await rds.find_volume(SLOT)
    await rds.ensure_reachable()
    await rds.create_volume(NEW)
    await rds.get_listing()
    assert console.urgent == [True, True, True, True, False, False]


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (REPLIES["no_space"], InsufficientCapacityError),
        (REPLIES["absent"], ApplianceError),
        (REPLIES["cut_off"], CutOffError),
    ],
)
async def test_a_creation_that_does_not_show_is_none(rds_of: Build, reply: str, error: type[Exception]) -> None:
    """Success is what the reply shows, nothing else."""
    rds, _ = rds_of(reply)
    with pytest.raises(error):
        await rds.create_volume(NEW)


async def test_a_stale_change_is_a_conflict(rds_of: Build) -> None:
    """By the line's own word, or by what is read back."""
    rds, _ = rds_of(REPLIES["stale"], REPLIES["found"])
    for _ in range(2):
        with pytest.raises(ConflictError):
            await rds.change_volume(SEEN, Change("rds1:next"))


async def test_an_export_that_does_not_close_is_no_success(rds_of: Build) -> None:
    """An appliance that says yes and does nothing is found out."""
    rds, _ = rds_of(REPLIES["found"], REPLIES["found"])
    with pytest.raises(ApplianceError):
        await rds.change_volume(SEEN, Change('rds1:{"g":1}', exported=False))
    with pytest.raises(ApplianceError):
        await rds.change_volume(SEEN, Change('rds1:{"g":1}', exported=True, nqn="nqn.x:y"))


@pytest.mark.looptime
async def test_a_file_that_is_listed_for_a_while_is_waited_for(rds_of: Build) -> None:
    """Until it has gone."""
    rds, console = rds_of(left(1), left(1), left(0))
    await rds.remove_volume(SEEN)
    assert console.answers == []
    assert "/disk/remove (" not in console.lines[-1]


@pytest.mark.looptime
async def test_a_file_that_stays_is_no_success(rds_of: Build) -> None:
    """And not waited for without end."""
    rds, _ = rds_of(*[left(1)] * 20)
    with pytest.raises(ApplianceError, match="still lists its file"):
        await rds.remove_leftovers(SLOT)


async def test_a_listing_is_decoded(rds_of: Build) -> None:
    """Pools and volumes."""
    rds, _ = rds_of(REPLIES["listing"])
    listing = await rds.get_listing()
    assert [volume.slot[-1] for volume in listing.volumes] == ["a", "b", "c"]
    assert [pool.name for pool in listing.pools] == ["fast"]


async def test_a_listing_that_changed_is_begun_anew(rds_of: Build) -> None:
    """A few times, not for ever."""
    short = f"{POOL_ROW}\r\n=end 1 3 {TOKEN}\r\n"
    rds, _ = rds_of(short, REPLIES["listing"])
    assert len((await rds.get_listing()).volumes) == 3
    rds, _ = rds_of(short, short, short)
    with pytest.raises(ApplianceError, match="changed each time"):
        await rds.get_listing()


async def test_a_listing_from_which_a_disk_goes_is_begun_anew(rds_of: Build) -> None:
    """Between its id and its row."""
    gone = f'{{"error":"no such item (/disk/get; line 1)"}}\r\n=err {TOKEN}\r\n'
    rds, console = rds_of(gone, REPLIES["listing"])
    assert len((await rds.get_listing()).volumes) == 3
    assert len(console.lines) == 4


async def test_two_disks_in_one_slot_are_an_error(rds_of: Build) -> None:
    """Nobody can tell which is meant."""
    pool, disk, _ = REPLIES["found"].split("\r\n")[:3]
    rds, _ = rds_of("\r\n".join([pool, disk, disk, f"=end 3  {TOKEN}"]))
    with pytest.raises(ApplianceError, match="2 disks"):
        await rds.find_volume(SLOT)
