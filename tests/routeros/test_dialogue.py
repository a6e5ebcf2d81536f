"""A box is asked once a connection whether it can be worked with, and its pools are as it last showed them."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import pytest

from rds_csi_async.domain.errors import NotReadyError, RefusedError, UnreachableError
from rds_csi_async.routeros.dialogue import Dialogue
from rds_csi_async.routeros.syntax import Reply
from tests.fakes.console import TOKEN, ScriptedConsole
from tests.routeros.examples import SEEN, SETTINGS
from tests.transcripts import read_transcript

REPLIES: Final = {
    name: read_transcript(name).reply
    for name in ("absent", "package_missing", "rebooting", "version", "version_too_old")
}
GREETING: Final = (REPLIES["version"], REPLIES["absent"])
Build = Callable[..., tuple[Dialogue, ScriptedConsole]]


@pytest.fixture
def dialogue_of() -> Build:
    """Give a dialogue with a box that gives these answers."""

    def build(*answers: str) -> tuple[Dialogue, ScriptedConsole]:
        console = ScriptedConsole([*answers])
        return Dialogue(SETTINGS, console, lambda: TOKEN), console

    return build


async def test_a_box_is_greeted_once_a_connection(dialogue_of: Build) -> None:
    """And again when it is another connection, which may reach another box."""
    dialogue, console = dialogue_of(*GREETING, *GREETING)
    await dialogue.ensure_greeted()
    await dialogue.ensure_greeted()
    assert len(console.lines) == 2
    console.generation = 2
    await dialogue.ensure_greeted()
    assert len(console.lines) == 4


async def test_a_pool_that_is_elsewhere_now_is_looked_for_again(dialogue_of: Build) -> None:
    """When a line stops at its own check, the next call greets anew."""
    stopped = f'{{"error":"xpool fast (:error; line 1)"}}\r\n=err {TOKEN}\r\n'
    dialogue, console = dialogue_of(*GREETING, stopped, *GREETING)
    await dialogue.ensure_greeted()
    with pytest.raises(NotReadyError, match="fast"):
        await dialogue.ask([":put 1"], mutating=True)
    await dialogue.ensure_greeted()
    assert console.answers == []
    assert console.mutating == [False, False, True, False, False]


async def test_an_old_version_is_asked_nothing_else(dialogue_of: Build) -> None:
    """It would refuse lines that it does not know, without telling why."""
    dialogue, console = dialogue_of(REPLIES["version_too_old"])
    with pytest.raises(NotReadyError, match=r"7\.20\.8.*too old"):
        await dialogue.ensure_greeted()
    assert len(console.lines) == 1


async def test_a_box_that_cannot_serve_disks_is_told_what_to_do(dialogue_of: Build) -> None:
    """At once, rather than by the first volume that nobody can make."""
    dialogue, console = dialogue_of(REPLIES["version"], REPLIES["package_missing"], *GREETING)
    with pytest.raises(NotReadyError, match=r"rose-storage.*install it, and reboot"):
        await dialogue.ensure_greeted()
    await dialogue.ensure_greeted()
    assert "/system/package/print" in console.lines[1]


async def test_health_and_greetings_wait_for_nothing_that_is_not_urgent(dialogue_of: Build) -> None:
    """What changes something waits its turn."""
    dialogue, console = dialogue_of(*GREETING, REPLIES["absent"], REPLIES["absent"])
    await dialogue.ensure_greeted()
    await dialogue.look()
    await dialogue.ask([":put 1"], mutating=True)
    assert console.urgent == [True, True, True, False]


async def test_an_unreachable_box_stays_unreachable() -> None:
    """The console's own words come through."""
    console = ScriptedConsole([UnreachableError("no route")])
    with pytest.raises(UnreachableError, match="no route"):
        await Dialogue(SETTINGS, console, lambda: TOKEN).ensure_greeted()


async def test_a_pool_that_was_missing_is_looked_at_once_more(
    dialogue_of: Build, caplog: pytest.LogCaptureFixture
) -> None:
    """Before anybody is told that it is; coming and going are written down."""
    dialogue, console = dialogue_of(REPLIES["version"], REPLIES["rebooting"], REPLIES["rebooting"], REPLIES["absent"])
    await dialogue.ensure_greeted()
    with pytest.raises(NotReadyError, match="'fast'"):
        await dialogue.get_mounted("fast")
    assert (await dialogue.get_mounted("fast")).settings.name == "fast"
    await dialogue.get_mounted("fast")
    assert console.answers == []
    first, second = (record.getMessage() for record in caplog.records)
    assert "not mounted" in first
    assert "none any more" in second


async def test_a_file_on_no_pool_is_nobodys_to_remove(dialogue_of: Build) -> None:
    """But nobody can tell while one is missing."""
    dialogue, _ = dialogue_of(*GREETING, REPLIES["absent"], REPLIES["rebooting"])
    await dialogue.ensure_greeted()
    elsewhere = replace(SEEN, file_path="/usb1/a.img", pool=None)
    assert (await dialogue.get_holder(SEEN)).settings.name == "fast"
    with pytest.raises(RefusedError, match="no configured pool"):
        await dialogue.get_holder(elsewhere)
    with pytest.raises(NotReadyError, match="'fast'"):
        await dialogue.get_holder(elsewhere)


def test_a_reply_without_pools_says_that_they_are_missing() -> None:
    """Silence is no pool."""
    dialogue = Dialogue(SETTINGS, ScriptedConsole([]), lambda: TOKEN)
    assert set(dialogue.note(Reply(())).missing) == {"fast"}
