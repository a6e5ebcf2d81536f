"""Removing a volume: whole, once, and never what is not known to be ours."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from rds_csi_async.domain.errors import (
    ConflictError,
    CutOffError,
    DriverError,
    NotReadyError,
    RefusedError,
)
from rds_csi_async.domain.identifiers import VolumeId
from rds_csi_async.domain.volumes import Volume
from rds_csi_async.services.appliances import Appliance, Appliances
from rds_csi_async.services.provisioning import Provisioning
from tests.examples import (
    CLAIM,
    CLUSTER,
    FOREIGN_ID,
    NODE_A,
    OTHER_CLUSTER,
    SLOT,
    UNUSED,
    VOLUME_ID,
    held_by,
    holding,
    shown,
)
from tests.fakes.rds import FakeRds

MUTATIONS = {"create_volume", "change_volume", "remove_volume", "remove_leftovers"}


BREAKS = [{"skip": skip, "half": when == 1, "done": when == 2} for skip, when in product(range(4), range(3))]


def provisioning_on(rds: FakeRds, writer: str = "w1") -> Provisioning:
    """Give what makes and removes volumes on this appliance."""
    return Provisioning(Appliances(CLUSTER, [Appliance("rds", rds, "192.0.2.1", ("pool1",))]), writer)


class Removing:
    """It ends with nothing left, or with nothing done."""

    @pytest.mark.parametrize("where", BREAKS)
    async def test_removing_converges_wherever_it_breaks_off(
        self, rds: FakeRds, provisioning: Provisioning, where: Mapping[str, Any]
    ) -> None:
        """The same call again, by another process even, leaves neither disk nor file."""
        await provisioning.create(CLAIM)
        error = CutOffError("cut")
        rds.fail_next(error, **where)
        try:
            await provisioning.delete(str(VOLUME_ID))
        except DriverError as raised:
            assert raised is error  # noqa: PT017 - some breaks come too late to be met
        rds.heal()
        await provisioning_on(rds, "w2").delete(str(VOLUME_ID))
        assert (rds.volumes, rds.leftovers) == ({}, set())

    async def test_removing_what_is_not_there_is_done(self, rds: FakeRds, provisioning: Provisioning) -> None:
        """And takes away a file that an earlier removal left."""
        rds.leftovers.add(SLOT)
        await provisioning.delete(str(VOLUME_ID))
        await provisioning.delete(str(VOLUME_ID))
        assert rds.leftovers == set()

    @pytest.mark.parametrize(
        "text", ["", "storage-pool", "nixos-var", SLOT, f"{VOLUME_ID}\n", 'rds:"; /disk/remove [find]']
    )
    async def test_removing_an_id_that_cannot_be_ours_sends_nothing(
        self, rds: FakeRds, provisioning: Provisioning, text: str
    ) -> None:
        """And is no error (the conformance suite wants it so)."""
        await provisioning.delete(text)
        assert rds.calls == []

    @pytest.mark.parametrize("volume_id", [FOREIGN_ID, VolumeId("gone", SLOT)])
    async def test_removing_what_is_not_known_here_is_refused(
        self, rds: FakeRds, provisioning: Provisioning, volume_id: VolumeId
    ) -> None:
        """Another cluster's volume, and one on an appliance that is not configured, are never said to be gone."""
        with pytest.raises(RefusedError):
            await provisioning.delete(str(volume_id))
        assert rds.calls == []

    @pytest.mark.parametrize(
        "volume",
        [
            shown(held_by(holding(NODE_A))),
            shown(UNUSED, exported=True),
            shown(None),
            shown(replace(UNUSED, owner=OTHER_CLUSTER)),
            shown(replace(UNUSED, erased_once=True)),
            replace(shown(UNUSED), comment="rds1:{"),
            replace(shown(UNUSED), disk_type="hardware"),
            replace(shown(UNUSED), pool=None),
        ],
    )
    async def test_what_may_not_be_removed_stays(
        self, rds: FakeRds, provisioning: Provisioning, volume: Volume
    ) -> None:
        """Nothing is sent but the question."""
        rds.volumes[SLOT] = volume
        with pytest.raises(RefusedError):
            await provisioning.delete(str(VOLUME_ID))
        assert rds.volumes == {SLOT: volume}
        assert MUTATIONS.isdisjoint(rds.calls)

    async def test_nothing_is_gone_while_the_pool_is(self, rds: FakeRds, provisioning: Provisioning) -> None:
        """A rebooting appliance shows no file: neither removed nor made anew."""
        rds.unmounted.add("pool1")
        with pytest.raises(NotReadyError):
            await provisioning.delete(str(VOLUME_ID))
        with pytest.raises(NotReadyError):
            await provisioning.create(CLAIM)
        assert MUTATIONS.isdisjoint(rds.calls)

    async def test_a_volume_opened_at_the_last_moment_is_not_removed(
        self, rds: FakeRds, provisioning: Provisioning
    ) -> None:
        """Another process publishes it between look and removal."""

        class Overtaken(FakeRds):
            async def remove_volume(self, seen: Volume) -> None:
                self.volumes[SLOT] = shown(held_by(holding(NODE_A)))
                await super().remove_volume(seen)

        await provisioning.create(CLAIM)
        with pytest.raises(ConflictError):
            await provisioning_on(Overtaken(rds.volumes)).delete(str(VOLUME_ID))
        assert rds.volumes[SLOT].exported
