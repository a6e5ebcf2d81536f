"""The control socket takes requests and gives answers."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rds_csi_async.simulator.appliance import Simulator
from rds_csi_async.simulator.control import Control, ask
from tests.simulator.logging_in import settings_for


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """Have an appliance whose socket listens."""
    async with Simulator(settings_for(tmp_path)) as simulator:
        yield simulator


async def test_a_conversation(simulator: Simulator) -> None:
    """A line in, a line out, as often as one likes; bad lines do not end it."""
    reader, writer = await asyncio.open_unix_connection(str(simulator.control_path))
    answers = []
    for line in (b'{"do": "counters"}\n', b"nonsense\n", b"7\n", b'{"do": "clear"}\n'):
        writer.write(line)
        answers.append(json.loads(await reader.readline()))
    writer.close()
    await writer.wait_closed()
    assert answers[0] | {"ok": True, "logins": 0} == answers[0]
    assert [answer["ok"] for answer in answers] == [True, False, False, True]


async def test_asking(simulator: Simulator) -> None:
    """The answer without its mark, or the reason why not."""
    assert await ask(simulator.control_path, {"do": "run", "line": ":put 5"}) == {"output": "5\n"}
    with pytest.raises(ValueError, match="'nope' is none of: backup"):
        await ask(simulator.control_path, {"do": "nope"})
    with pytest.raises(OSError, match="No such file"):
        await ask(simulator.control_path.with_name("elsewhere"), {"do": "counters"})


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        ({}, "do is missing"),
        ({"do": "fault"}, "kind is missing"),
        ({"do": "fault", "kind": "pool-unmounted", "pool": "x"}, "there is no x"),
        ({"do": "counters", "of": "x"}, "not understood: of"),
        ({"do": "reboot", "down-ms": {}}, "float() argument must be a string or a real number, not 'dict'"),
    ],
)
async def test_bad_requests_are_answered(simulator: Simulator, request_: dict[str, object], error: str) -> None:
    """With what is wrong."""
    control = Control(simulator.control_path.with_name("other"), simulator)
    assert await control.answer(json.dumps(request_).encode()) == {"ok": False, "error": error}


async def test_ending_breaks_off_what_is_being_done(tmp_path: Path) -> None:
    """Whoever waits for it is told."""
    async with Simulator(settings_for(tmp_path)) as simulator, asyncio.TaskGroup() as group:
        waiting = group.create_task(_fails(simulator.control_path, {"do": "reboot", "down-ms": 3_600_000}))
        while simulator.pools.by_name["pool1"].mounted:  # noqa: ASYNC110 - it goes down, and tells nobody
            await asyncio.sleep(0)
        group.create_task(simulator.__aexit__(None, None, None))
        assert await waiting == "it has ended"


async def _fails(path: Path, request: dict[str, object]) -> str:
    with pytest.raises(ValueError, match="ended") as failed:
        await ask(path, request)
    return str(failed.value)
