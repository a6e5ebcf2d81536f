"""Staging upon what is there already: older publications, lost devices, lost state files."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.errors import (
    NotReadyError,
    RefusedError,
)
from rds_csi_async.domain.stage_records import Format
from tests.services.node_world import (
    BLOCK,
    BTRFS,
    STAGING,
    TARGET,
    VOLUME,
    NodeWorld,
    OnNode,
    nqn,
    publish_request,
    stage_record,
    stage_request,
)


class StagingAgain(OnNode):
    """What is old goes first, unless a pod has it."""

    async def test_a_newer_publication_replaces_an_old_stage(self, world: NodeWorld) -> None:
        """A forced detach came back to this node: the old name goes before the new one comes."""
        await world.staging.stage(stage_request())
        world.publish_again()
        await world.staging.stage(stage_request(sequence=2))
        assert list(world.node.attached) == [str(nqn(2))]
        assert world.paths_mounted() == [STAGING]
        assert world.node.cut == []
        assert (world.disk.formats, world.find_record()) == (
            1,
            stage_record(2, device_number="259:1", format=Format.FORMATTED),
        )

    async def test_a_newer_publication_waits_for_the_pods_of_the_old_one(self, world: NodeWorld) -> None:
        """Nothing is unmounted or detached under a pod, and the message says what to do."""
        await world.staging.stage(stage_request())
        await world.mounting.publish(publish_request())
        world.publish_again()
        with pytest.raises(RefusedError, match="delete the pods"):
            await world.staging.stage(stage_request(sequence=2))
        assert world.paths_mounted() == [STAGING, TARGET]
        assert list(world.node.attached) == [str(nqn(1))]

    async def test_a_newer_publication_waits_for_the_pods_of_an_old_block_device(self, world: NodeWorld) -> None:
        """A published block device node is a use that no mount table shows."""
        await world.staging.stage(stage_request(BLOCK))
        await world.mounting.publish(publish_request(BLOCK))
        world.publish_again()
        with pytest.raises(RefusedError, match="delete the pods"):
            await world.staging.stage(stage_request(BLOCK, 2))

    async def test_an_older_publication_is_refused(self, world: NodeWorld) -> None:
        """An old name never comes back."""
        world.publish_again()
        await world.staging.stage(stage_request(sequence=2))
        with pytest.raises(RefusedError, match="publication 1"):
            await world.staging.stage(stage_request())
        assert world.paths_mounted() == [STAGING]

    async def test_a_lost_state_file_is_written_anew(self, world: NodeWorld) -> None:
        """The mount table and the connection prove the stage."""
        await world.staging.stage(stage_request())
        world.texts.clear()
        await world.staging.stage(stage_request())
        assert world.find_record() == stage_record()
        assert world.paths_mounted() == [STAGING]

    async def test_a_stage_whose_device_was_lost_is_made_anew(self, world: NodeWorld) -> None:
        """The dead mount goes first."""
        await world.staging.stage(stage_request())
        world.node.lose(str(nqn()))
        await world.staging.stage(stage_request())
        assert [mount.device_number for mount in world.node.mounts] == ["259:1"]

    async def test_a_stage_on_btrfs_whose_device_was_lost_is_made_anew(self, world: NodeWorld) -> None:
        """Its dead mount shows no number of a device's; the name in the state file is whose it is."""
        await world.staging.stage(stage_request(BTRFS))
        world.node.lose(str(nqn()))
        assert [mount.device_number for mount in world.node.mounts] == ["0:45"]
        await world.staging.stage(stage_request(BTRFS))
        assert [mount.device_number for mount in world.node.mounts] == ["259:1"]

    async def test_a_lost_device_under_a_pod_on_btrfs_is_the_pods_affair_first(self, world: NodeWorld) -> None:
        """As with every other file system; unstaging waits for the pod, too."""
        await world.staging.stage(stage_request(BTRFS))
        await world.mounting.publish(publish_request(BTRFS))
        world.node.lose(str(nqn()))
        with pytest.raises(RefusedError, match="delete the pods"):
            await world.staging.stage(stage_request(BTRFS))
        with pytest.raises(RefusedError, match="delete the pods"):
            await world.staging.unstage(VOLUME, STAGING)
        await world.mounting.unpublish(VOLUME, TARGET)
        await world.staging.unstage(VOLUME, STAGING)
        assert world.is_clean()

    async def test_a_lost_device_under_a_pod_is_the_pods_affair_first(self, world: NodeWorld) -> None:
        """A dead mount that a pod has cannot be taken from it."""
        await world.staging.stage(stage_request())
        await world.mounting.publish(publish_request())
        world.node.lose(str(nqn()))
        with pytest.raises(RefusedError, match="delete the pods"):
            await world.staging.stage(stage_request())

    async def test_a_connection_without_a_device_is_waited_for(self, world: NodeWorld) -> None:
        """It may come back with the mount alive, so nothing is taken down."""
        await world.staging.stage(stage_request())
        world.node.attached[str(nqn())].usable = False
        with pytest.raises(NotReadyError):
            await world.staging.stage(stage_request())
        assert world.paths_mounted() == [STAGING]

    async def test_a_stage_whose_link_is_down_is_a_stage(self, world: NodeWorld) -> None:
        """Nothing is grown over the link, which would hang."""
        await world.staging.stage(stage_request())
        world.node.drop_link(str(nqn()))
        await world.staging.stage(stage_request())
        assert "grow" not in world.node.calls

    async def test_after_a_reboot_a_volume_is_staged_though_another_has_its_number(self, world: NodeWorld) -> None:
        """The number in the state file means nothing any more."""
        await world.staging.stage(stage_request())
        world.reboot()
        world.mount_foreign("/kubelet/other")
        world.node.mounts = [replace(mount, device_number="259:0") for mount in world.node.mounts]
        world.node.devices_made = 1
        await world.staging.stage(stage_request())
        assert world.paths_mounted() == ["/kubelet/other", STAGING]

    async def test_block_nodes_of_before_a_reboot_are_removed(self, world: NodeWorld) -> None:
        """They may denote another volume now."""
        await world.staging.stage(stage_request(BLOCK))
        await world.mounting.publish(publish_request(BLOCK))
        world.reboot()
        world.publish_again()
        await world.staging.stage(stage_request(BLOCK, 2))
        assert publish_request(BLOCK).target_path not in world.node.paths
        record = world.find_record()
        assert record is not None
        assert record.targets == ()
