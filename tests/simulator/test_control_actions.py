"""Each action does what it is named after, to a running appliance."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.control_actions import carry_out
from rds_csi_async.simulator.control_requests import Request
from tests.simulator.logging_in import login, run, settings_for

ADD = "/disk/add type=file file-path=pool1/{0}.img file-size=1M slot={0} comment=c"
SLOTS = ":foreach x in=[/disk/find where type=file] do={:put [/disk/get $x slot]}"


class _Asked:
    """An appliance, and what is asked of it."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def do(self, action: str, **parts: Any) -> dict[str, Any]:
        """Carry out an action."""
        named = {name.replace("_", "-"): value for name, value in parts.items()}
        return await carry_out(self.simulator, Request({"do": action, **named}))

    async def slots(self) -> list[str]:
        """List the slots of files, as an administrator sees them."""
        return str((await self.do("run", line=SLOTS))["output"]).split()


@pytest.fixture
async def asked(tmp_path: Path) -> AsyncIterator[_Asked]:
    """Have an appliance with one disk."""
    async with Simulator(settings_for(tmp_path)) as simulator:
        asked = _Asked(simulator)
        await asked.do("run", line=ADD.format("a"))
        yield asked


async def test_counts_are_told_and_begun_anew(asked: _Asked) -> None:
    """What an administrator does is not counted."""
    async with login(asked.simulator) as connection:
        await run(connection, ":put 1")
    counted = await asked.do("counters")
    assert (counted["commands"], counted["logins"], counted["verbs"]) == (1, 1, {})
    assert (counted["took_ms"], counted["changes_took_ms"]) == (0, 0)  # nothing takes time here
    asked.simulator.schedule.took_s, asked.simulator.schedule.changes_took_s = 0.5, 0.25
    counted = await asked.do("counters")
    assert (counted["took_ms"], counted["changes_took_ms"]) == (500, 250)
    await asked.do("reset")
    counted = await asked.do("counters")
    assert (counted["commands"], counted["took_ms"], counted["changes_took_ms"]) == (0, 0, 0)


async def test_faults_are_made_and_cleared(asked: _Asked) -> None:
    """All of them."""
    key = asked.simulator.host_key_public
    for kind, parts in {
        "refuse-login": {}, "disk-full": {"pool": "pool1"}, "pool-unmounted": {"pool": "pool1"}, "host-key": {},
        "safe-mode": {}, "array-state": {"pool": "pool1"},
    }.items():  # fmt: skip
        await asked.do("fault", kind=kind, **parts)
    assert await asked.do("clear") == {}
    pool = asked.simulator.pools.by_name["pool1"]
    assert (pool.mounted, pool.full, asked.simulator.host_key_public) == (True, False, key)
    assert pool.array_state == "clean"
    assert (asked.simulator.faults.refused_logins, asked.simulator.faults.safe_mode_held) == (0, False)


async def test_a_backup_is_restored(asked: _Asked) -> None:
    """Entries come back and go; files stay, ids do not come back."""
    await asked.do("backup", name="monday")
    await asked.do("run", line=f"/disk/remove a; {ADD.format('b')}")
    await asked.do("restore", name="monday")
    assert await asked.slots() == ["a"]
    files = await asked.do("run", line=":put [:len [/file/find where name=pool1/b.img]]")
    assert files == {"output": "1\n"}
    await asked.do("run", line=ADD.format("d"))
    assert (await asked.do("run", line=":put [/disk/find where slot=d]"))["output"] == "*5\n"


async def test_safe_mode_that_was_cleared_is_not_gone_back_to(asked: _Asked) -> None:
    """Whoever takes it anew undoes what was changed since then, and no more."""
    await asked.do("safe-mode", then="take")
    await asked.do("clear")
    await asked.do("run", line=ADD.format("b"))
    await asked.do("safe-mode", then="take")
    await asked.do("safe-mode", then="undo")
    assert await asked.slots() == ["a", "b"]


@pytest.mark.parametrize(("then", "slots", "files"), [("undo", ["a"], ["a.img"]), ("keep", ["b"], ["b.img"])])
async def test_safe_mode_ends(asked: _Asked, then: str, slots: list[str], files: list[str]) -> None:
    """What anybody changed while it was held is undone, or stays."""
    await asked.do("safe-mode", then="take")
    await asked.do("run", line=f"/disk/remove a; /file/remove pool1/a.img; {ADD.format('b')}")
    await asked.do("safe-mode", then=then)
    assert await asked.slots() == slots
    listed = await asked.do("run", line=':foreach x in=[/file/find where name~"img"] do={:put [/file/get $x name]}')
    assert listed["output"].split() == [f"pool1/{file}" for file in files]
    assert (await asked.do("run", line=":put [/safe-mode/get enabled]"))["output"] == "false\n"


async def test_a_restart_keeps_what_was_kept(asked: _Asked) -> None:
    """At the same port, with the same key."""
    where = (asked.simulator.port, asked.simulator.host_key_public)
    await asked.do("restart", down_ms=1)
    assert await asked.slots() == ["a"]
    assert (asked.simulator.port, asked.simulator.host_key_public) == where
    async with login(asked.simulator) as connection:
        assert (await run(connection, ":put 1"))[0] == "1\r\n"


async def test_exports_go_and_come_back(asked: _Asked, tmp_path: Path) -> None:
    """All of them, or at first those that are named."""
    await asked.do("run", line="/disk/set a nvme-tcp-export=yes nvme-tcp-server-nqn=nqn.a")
    document = tmp_path / "exports" / "nqn.a.json"
    await asked.do("exports", up=False)
    assert not await asyncio.to_thread(document.exists)
    await asked.do("exports", up=True, only=["other"])
    assert not await asyncio.to_thread(document.exists)
    await asked.do("exports", up=True)
    assert await asyncio.to_thread(document.exists)


async def test_a_reboot_answers_before_the_pools_are_there(asked: _Asked) -> None:
    """And is over when they are."""
    await asked.do("run", line=":global x 1")
    await asked.do("reboot", down_ms=1, mount_ms=1)
    assert await asked.slots() == ["a"]
    assert (await asked.do("run", line=":global x; :put [:typeof $x]"))["output"] == "nothing\n"
    assert (await asked.do("run", line=":put [/disk/get pool1 mounted]"))["output"] == "true\n"


@pytest.mark.parametrize(
    ("action", "parts", "error"),
    [
        ("restore", {"name": "none"}, "backup none"),
        ("backup", {"name": "../x"}, "is no name of a backup"),
        ("safe-mode", {"then": "off"}, "none of take, keep, undo"),
        ("nope", {}, "is none of: backup, clear"),
        ("clear", {"x": 1}, "not understood: x"),
    ],
)
async def test_what_is_not_understood_is_refused(asked: _Asked, action: str, parts: dict[str, Any], error: str) -> None:
    """With the reason."""
    with pytest.raises((ValueError, KeyError), match=error):
        await asked.do(action, **parts)
