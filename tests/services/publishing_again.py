"""Publishing upon a stage that is out of date."""

import pytest

from rds_csi_async.domain.capabilities import Capability
from rds_csi_async.domain.errors import IncompatibleVolumeError, NotReadyError, RefusedError
from rds_csi_async.domain.stage_records import decode_stage_record, encode_stage_record
from tests.fakes.faults import Faults, KilledError
from tests.services.node_world import (
    BLOCK,
    EXT4,
    OTHER_TARGET,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    OnNode,
    nqn,
    publish_request,
    stage_record,
    stage_request,
    staged_world,
)


class PublishingAgain(OnNode):
    """It is staged anew first, unless a pod has it."""

    async def test_what_was_cut_off_before_it_was_read_only_is_made_so(self) -> None:
        """A driver that was killed between the two steps of a bind left the pod's mount writable, and word of it."""
        world = await staged_world()
        await world.mounting.publish(publish_request())
        world.texts[VOLUME.slot] = encode_stage_record(stage_record(targets=(TARGET,)))
        await world.mounting.publish(publish_request(read_only=True))
        assert [mount.read_only for mount in world.node.mounts] == [False, True]
        assert not decode_stage_record(world.texts[VOLUME.slot], VOLUME.slot).targets

    @pytest.mark.parametrize("read_only", [False, True])
    @pytest.mark.parametrize("was_read_only", [False, True])
    async def test_a_publication_that_was_cut_off_gives_way_to_the_next(
        self, *, was_read_only: bool, read_only: bool
    ) -> None:
        """No pod was told of it. What is asked for next is so when it is answered, and stays so."""
        at, killed = 0, True
        while killed:
            world = await staged_world()
            world.restart(Faults(at, KilledError(), done=True))
            killed = False
            try:
                await world.mounting.publish(publish_request(read_only=was_read_only))
            except KilledError:
                at, killed = at + 1, True
            world.restart()
            if killed and not (world.paths_mounted() == [STAGING, TARGET] and not world.find_targets()):
                await world.mounting.publish(publish_request(read_only=read_only))
                with pytest.raises(IncompatibleVolumeError):
                    await world.mounting.publish(publish_request(read_only=not read_only))
                assert [mount.read_only for mount in world.node.mounts] == [False, read_only]
                assert not world.find_targets()
        assert at > 5

    async def test_what_a_pod_writes_to_is_not_made_read_only_under_it(self) -> None:
        """CSI 1.12, NodePublishVolume: ALREADY_EXISTS, in either direction."""
        world = await staged_world()
        await world.mounting.publish(publish_request())
        with pytest.raises(IncompatibleVolumeError):
            await world.mounting.publish(publish_request(read_only=True))
        assert not any(mount.read_only for mount in world.node.mounts)

    @pytest.mark.parametrize("capability", [EXT4, BLOCK])
    async def test_a_newer_publication_is_staged_before_it_is_shown(self, capability: Capability) -> None:
        """Kubelet may publish alone after a forced detach."""
        world = await staged_world(capability)
        world.publish_again()
        await world.mounting.publish(publish_request(capability, 2))
        assert list(world.node.attached) == [str(nqn(2))]
        assert all(mount.device_number == "259:1" for mount in world.node.mounts)
        assert world.telemetry.list_calls("stale_mount_detected") == []

    async def test_a_newer_publication_waits_for_the_pods_of_the_old(self) -> None:
        """Another pod's mount is not taken away."""
        world = await staged_world()
        await world.mounting.publish(publish_request())
        world.publish_again()
        with pytest.raises(RefusedError, match="delete the pods"):
            await world.mounting.publish(publish_request(sequence=2, target=OTHER_TARGET))

    async def test_an_older_publication_is_refused(self, world: NodeWorld) -> None:
        """An old name never comes back."""
        world.publish_again()
        await world.staging.stage(stage_request(sequence=2))
        with pytest.raises(RefusedError, match="publication 1"):
            await world.mounting.publish(publish_request())

    async def test_a_dead_stage_is_healed_and_counted(self) -> None:
        """The device was lost with no pod on it: it is attached again before a pod gets it."""
        world = await staged_world()
        world.node.lose(str(nqn()))
        await world.mounting.publish(publish_request())
        assert [mount.device_number for mount in world.node.mounts] == ["259:1", "259:1"]
        assert len(world.telemetry.list_calls("stale_mount_detected")) == 1
        assert world.telemetry.count("stale_recovery") == 1

    async def test_a_dead_stage_that_cannot_be_healed_is_counted_too(self) -> None:
        """The pods that hold it are named."""
        world = await staged_world()
        await world.mounting.publish(publish_request())
        world.node.lose(str(nqn()))
        with pytest.raises(RefusedError, match=TARGET):
            await world.mounting.publish(publish_request(target=OTHER_TARGET))
        assert world.telemetry.count("stale_recovery", failed=True) == 1

    async def test_nothing_new_is_shown_over_a_link_that_is_down(self) -> None:
        """The pod would hang; it may start when the link is back."""
        world = await staged_world()
        world.node.drop_link(str(nqn()))
        with pytest.raises(NotReadyError, match="link"):
            await world.mounting.publish(publish_request())

    @pytest.mark.parametrize("capability", [EXT4, BLOCK])
    async def test_a_lost_state_file_is_written_anew(self, capability: Capability) -> None:
        """What is staged shows for itself."""
        world = await staged_world(capability)
        world.texts.clear()
        await world.mounting.publish(publish_request(capability))
        assert world.find_record() is not None
