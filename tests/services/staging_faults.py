"""Staging fails, or is killed, at every single call of a port."""

import pytest

from rds_csi_async.domain.errors import (
    DriverError,
    HostError,
    RefusedError,
)
from rds_csi_async.domain.stage_records import Format
from tests.fakes.faults import Faults, KilledError
from tests.services.node_world import (
    BLOCK,
    EXT4,
    SIZE_BYTES,
    STAGING,
    VOLUME,
    NodeWorld,
    OnNode,
    nqn,
    stage_request,
)


def _prepare(world: NodeWorld, situation: str) -> None:
    if situation == "restage":
        world.publish_again()
    elif situation == "used":
        world.disk.signatures, world.disk.blank, world.disk.file_system_bytes = ("ext4",), False, SIZE_BYTES // 2


SITUATIONS = ["first", "used", "restage", "block"]


async def _begin(situation: str) -> NodeWorld:
    """Bring a world to the point at which the stage under test begins."""
    world = NodeWorld()
    if situation == "restage":
        await world.staging.stage(stage_request())
    _prepare(world, situation)
    return world


async def _stage(world: NodeWorld, situation: str) -> None:
    await world.staging.stage(
        stage_request(BLOCK if situation == "block" else EXT4, 2 if situation == "restage" else 1)
    )


async def _count_calls(situation: str) -> int:
    world = await _begin(situation)
    world.restart()
    await _stage(world, situation)
    return world.faults.count


def _ensure_staged(world: NodeWorld, situation: str) -> None:
    assert list(world.node.attached) == [str(nqn(2 if situation == "restage" else 1))]
    assert world.paths_mounted() == ([] if situation == "block" else [STAGING])
    assert world.disk.formats == (1 if situation in {"first", "restage"} else 0)
    assert world.disk.file_system_bytes == (0 if situation == "block" else SIZE_BYTES)
    assert world.node.cut == []


class StagingFaults(OnNode):
    """The next call converges."""

    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("situation", SITUATIONS)
    async def test_a_failure_at_any_call_is_undone_and_a_retry_converges(self, situation: str, *, done: bool) -> None:
        """Whatever fails, before or after it had its effect: the same call again ends staged, formatted once."""
        for at in range(await _count_calls(situation)):
            world = await _begin(situation)
            world.restart(Faults(at, HostError("injected"), done=done))
            try:
                await _stage(world, situation)
            except DriverError as error:
                assert not error.outcome_known or world.is_clean()  # noqa: PT017  (a swallowed failure is fine too)
            world.restart()
            await _stage(world, situation)
            _ensure_staged(world, situation)
            await world.staging.unstage(VOLUME, STAGING)
            assert world.is_clean(), at

    @pytest.mark.parametrize("done", [False, True])
    @pytest.mark.parametrize("situation", SITUATIONS)
    async def test_killed_at_any_call_a_new_process_converges(self, situation: str, *, done: bool) -> None:
        """A process that ends anywhere leaves nothing that the next one cannot finish, or unstage."""
        for at in range(await _count_calls(situation)):
            for retried in (True, False):
                world = await _begin(situation)
                world.restart(Faults(at, KilledError(), done=done))
                with pytest.raises(KilledError):
                    await _stage(world, situation)
                world.restart()
                if retried:
                    await _stage(world, situation)
                    _ensure_staged(world, situation)
                await world.staging.unstage(VOLUME, STAGING)
                record = world.find_record()
                assert (world.node.attached, world.node.mounts, world.node.cut) == ({}, [], []), at
                assert record is None or (record.format, retried) == (Format.FORMATTING, False)

    @pytest.mark.parametrize("situation", SITUATIONS)
    async def test_no_final_answer_while_anything_is_left(self, situation: str) -> None:
        """When everything fails from some call on, undoing too, the outcome is unknown unless nothing had been done."""
        for at in range(await _count_calls(situation)):
            world = await _begin(situation)
            world.restart(Faults(at, RefusedError("injected"), lasting=True))
            before = (dict(world.node.attached), list(world.node.mounts), dict(world.texts))
            with pytest.raises(DriverError) as caught:
                await _stage(world, situation)
            unchanged = (dict(world.node.attached), list(world.node.mounts), dict(world.texts)) == before
            assert unchanged or not caught.value.outcome_known, at
