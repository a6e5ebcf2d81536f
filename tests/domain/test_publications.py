"""What a pod may have, and what has to happen first: case by case."""

from dataclasses import replace

import pytest

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.errors import (
    DriverError,
    IncompatibleVolumeError,
    InvalidRequestError,
    NotReadyError,
    RefusedError,
)
from rds_csi_async.domain.mounts import PathFact, PathKind
from rds_csi_async.domain.node_volumes import NodeVolume
from rds_csi_async.domain.publications import Publication, PublishRequest, decide_publish, ensure_unpublishable
from rds_csi_async.domain.stage_records import StageRecord
from tests.domain.every_node_volume import every_node_volume, live_numbers
from tests.domain.node_facts import (
    BLOCK,
    EXT4,
    FOREIGN,
    NUMBER,
    OLD_NUMBER,
    OTHER,
    STAGING,
    TARGET,
    VOLUME,
    block_record,
    held,
    mount,
    nqn,
    publish_request,
    record,
    volume,
)

ALONE = Capability(AccessMode.SINGLE_NODE_SINGLE_WRITER)
ALONE_BLOCK = replace(ALONE, file_system=None)
ABSENT = PathFact(PathKind.ABSENT)
NODE = PathFact(PathKind.BLOCK_DEVICE, NUMBER)
DIRECTORY = PathFact(PathKind.DIRECTORY)
STAGED = volume(record(), (held(),), (mount(),))
PUBLISHED = volume(record(), (held(),), (mount(), mount(TARGET)))
BEGUN = volume(replace(record(), targets=(TARGET,)), (held(),), (mount(), mount(TARGET)))
BEGUN_READ_ONLY = replace(BEGUN, mounts=(mount(), mount(TARGET, read_only=True)))
BLOCK_STAGED = volume(block_record(), (held(),))
BLOCK_PUBLISHED = volume(block_record(2, TARGET), (held(),), block_targets=(TARGET,))
OLD = volume(record(1), (held(1, OLD_NUMBER),), (mount(number=OLD_NUMBER),))


@pytest.mark.parametrize(
    ("facts", "request_", "target", "publication"),
    [
        pytest.param(STAGED, publish_request(), ABSENT, Publication.PUBLISH, id="staged"),
        pytest.param(STAGED, publish_request(), DIRECTORY, Publication.PUBLISH, id="into a directory"),
        pytest.param(PUBLISHED, publish_request(), DIRECTORY, Publication.DONE, id="published"),
        pytest.param(PUBLISHED, publish_request(target=OTHER), ABSENT, Publication.PUBLISH, id="a second pod"),
        pytest.param(STAGED, publish_request(ALONE), ABSENT, Publication.PUBLISH, id="the only pod"),
        pytest.param(PUBLISHED, publish_request(ALONE), DIRECTORY, Publication.DONE, id="the only pod again"),
        pytest.param(BLOCK_STAGED, publish_request(BLOCK), ABSENT, Publication.PUBLISH, id="block"),
        pytest.param(BLOCK_STAGED, publish_request(BLOCK), NODE, Publication.PUBLISH, id="a node nobody announced"),
        pytest.param(BLOCK_PUBLISHED, publish_request(BLOCK), NODE, Publication.DONE, id="block published"),
        pytest.param(BLOCK_PUBLISHED, publish_request(BLOCK), replace(NODE, device_number=FOREIGN),
                     Publication.PUBLISH, id="block, another device's node"),
        pytest.param(BEGUN, publish_request(read_only=True), DIRECTORY, Publication.REMAKE,
                     id="cut off before it was made read-only"),
        pytest.param(BEGUN, publish_request(replace(EXT4, mount_options=("nosuid",))), DIRECTORY,
                     Publication.REMAKE, id="cut off before it had its flags"),
        pytest.param(BEGUN_READ_ONLY, publish_request(), DIRECTORY, Publication.REMAKE,
                     id="cut off when it was read-only, asked for writable"),
        pytest.param(OLD, publish_request(), ABSENT, Publication.RESTAGE, id="an older stage"),
        pytest.param(volume(record(), (), (mount(),)), publish_request(), ABSENT, Publication.RESTAGE, id="lost"),
        pytest.param(volume(record(), (held(),)), publish_request(), ABSENT, Publication.RESTAGE, id="unmounted"),
        pytest.param(volume(None, (held(),), (mount(),)), publish_request(), ABSENT, Publication.RESTAGE,
                     id="state file lost"),
        pytest.param(volume(record(staging_path=""), (held(),), (mount(),)), publish_request(), ABSENT,
                     Publication.RESTAGE, id="only its format remembered"),
        pytest.param(volume(None, (held(),)), publish_request(BLOCK), ABSENT, Publication.RESTAGE,
                     id="block, state file lost"),
        pytest.param(volume(replace(block_record(), device_number=OLD_NUMBER), (held(),)), publish_request(BLOCK),
                     ABSENT, Publication.RESTAGE, id="block, reconnected under another number"),
    ],
)  # fmt: skip  # one line a case reads better
def test_what_is_done(facts: NodeVolume, request_: PublishRequest, target: PathFact, publication: Publication) -> None:
    """A pod gets what is staged, once; what is out of date is staged anew first."""
    assert decide_publish(request_, facts, target) is publication


@pytest.mark.parametrize(
    ("facts", "request_", "target", "error"),
    [
        pytest.param(volume(), publish_request(), ABSENT, RefusedError, id="not staged"),
        pytest.param(volume(record(staging_path="")), publish_request(), ABSENT, RefusedError, id="only remembered"),
        pytest.param(volume(None, (held(),)), publish_request(), ABSENT, RefusedError, id="connected only"),
        pytest.param(volume(record(staging_path=OTHER), (held(),), (mount(OTHER),)), publish_request(), ABSENT,
                     RefusedError, id="staged elsewhere"),
        pytest.param(volume(record(3), (held(3),), (mount(),)), publish_request(), ABSENT, RefusedError, id="newer"),
        pytest.param(PUBLISHED, publish_request(ALONE, target=OTHER), ABSENT, RefusedError, id="a second only pod"),
        pytest.param(BLOCK_PUBLISHED, publish_request(ALONE_BLOCK, target=OTHER), ABSENT, RefusedError,
                     id="a second only pod's block"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET, FOREIGN))), publish_request(), DIRECTORY,
                     RefusedError, id="a foreign mount"),
        pytest.param(volume(block_record(), (held(),), (mount(TARGET, FOREIGN),)), publish_request(BLOCK), NODE,
                     RefusedError, id="a foreign mount over a node"),
        pytest.param(STAGED, publish_request(target=STAGING), DIRECTORY, InvalidRequestError, id="onto the stage"),
        pytest.param(STAGED, publish_request(), PathFact(PathKind.SYMLINK), InvalidRequestError, id="a link"),
        pytest.param(STAGED, publish_request(), NODE, InvalidRequestError, id="a node, for a mount"),
        pytest.param(BLOCK_STAGED, publish_request(BLOCK), DIRECTORY, InvalidRequestError, id="a directory"),
        pytest.param(STAGED, publish_request(BLOCK), ABSENT, IncompatibleVolumeError, id="block of a mount"),
        pytest.param(BLOCK_STAGED, publish_request(), ABSENT, IncompatibleVolumeError, id="mount of a block"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET, read_only=True))), publish_request(),
                     DIRECTORY, IncompatibleVolumeError, id="read-only already"),
        pytest.param(PUBLISHED, publish_request(read_only=True), DIRECTORY, IncompatibleVolumeError,
                     id="writable already"),
        pytest.param(volume(record(read_only=True), (held(),), (mount(read_only=True),)), publish_request(), ABSENT,
                     IncompatibleVolumeError, id="writing to a read-only stage"),
        pytest.param(volume(record(), (held(live=False),), (mount(),)), publish_request(), ABSENT, NotReadyError,
                     id="link down"),
    ],
)  # fmt: skip  # one line a case reads better
def test_what_is_refused(
    facts: NodeVolume, request_: PublishRequest, target: PathFact, error: type[DriverError]
) -> None:
    """In doubt a pod gets nothing."""
    with pytest.raises(error):
        decide_publish(request_, facts, target)


def test_a_pods_mount_has_only_flags_of_its_own() -> None:
    """What belongs to the file system was given when it was staged."""
    capability = replace(EXT4, mount_options=("nosuid", "commit=5", "noatime", "ro"))
    assert publish_request(capability).bind_options == ("nosuid", "noatime")
    assert publish_request(capability).writes_nothing


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(volume(), id="nothing is known of the volume"),
        pytest.param(volume(None, (), (mount(TARGET, FOREIGN),)), id="nor whose mount it is"),
        pytest.param(PUBLISHED, id="published"),
        pytest.param(STAGED, id="not published"),
        pytest.param(volume(record(1), (), (mount(TARGET, OLD_NUMBER),)), id="its device lost, its stage unmounted"),
        pytest.param(volume(None, (held(),), (mount(TARGET),)), id="state file lost"),
        pytest.param(volume(None, (held(number=""),), (mount(TARGET, OLD_NUMBER),)), id="a device that does not show"),
    ],
)
def test_what_may_be_the_volumes_is_taken_from_a_pod(facts: NodeVolume) -> None:
    """A pod that ends is never kept by a doubt."""
    ensure_unpublishable(facts, VOLUME, TARGET)


@pytest.mark.parametrize(
    ("facts", "target", "error"),
    [
        pytest.param(STAGED, STAGING, InvalidRequestError, id="the stage"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET, FOREIGN))), TARGET, RefusedError, id="other"),
        pytest.param(volume(record(), (held(),), (mount(), mount(TARGET, FOREIGN), mount(TARGET))), TARGET,
                     RefusedError, id="beneath"),
        pytest.param(volume(None, (held(),), (mount(TARGET, FOREIGN),)), TARGET, RefusedError, id="state file lost"),
    ],
)  # fmt: skip  # one line a case reads better
def test_what_is_not_the_volumes_stays(facts: NodeVolume, target: str, error: type[DriverError]) -> None:
    """Another's mount at a pod's path is not ours to take."""
    with pytest.raises(error):
        ensure_unpublishable(facts, VOLUME, target)


def _connected(facts: NodeVolume) -> set[str]:
    """Give the number of the device that the publication of the requests is attached as."""
    return {one.connection.device_number for one in facts.held if one.connection and one.nqn == nqn()}


@pytest.mark.parametrize("kind", PathKind)
@pytest.mark.parametrize("capability", [EXT4, BLOCK], ids=["ext4", "block"])
def test_whatever_goes_for_a_publication_is_the_volumes_own(capability: Capability, kind: PathKind) -> None:
    """In every combination: a mount is made anew only over this device's, of which no pod was told; a node alone."""
    told: dict[Publication, int] = dict.fromkeys(Publication, 0)
    for facts in every_node_volume():
        for begun in [facts, *([] if facts.record is None else [replace(facts, record=_begun(facts.record))])]:
            try:
                publication = decide_publish(publish_request(capability), begun, PathFact(kind, NUMBER))
            except DriverError:
                continue
            told[publication] += 1
            at_target = {each.device_number for each in begun.mounts if each.path == TARGET}
            if publication is Publication.REMAKE:
                assert begun.record is not None
                assert (begun.record.kind, TARGET in begun.record.targets) == ("mount", True)
                assert at_target == _connected(begun)
            elif publication is Publication.PUBLISH:
                assert not at_target
                assert kind is not PathKind.DIRECTORY if capability is BLOCK else kind is not PathKind.BLOCK_DEVICE
                assert kind not in {PathKind.SYMLINK, PathKind.OTHER}
    fits = kind in {PathKind.ABSENT, PathKind.FILE if capability is BLOCK else PathKind.DIRECTORY}
    assert (told[Publication.PUBLISH] > 0) >= fits
    assert (told[Publication.REMAKE] > 0) is (fits and capability is EXT4)


def _begun(known: StageRecord) -> StageRecord:
    """Remember the beginning of a publication, too."""
    return replace(known, targets=(TARGET,))


@pytest.mark.parametrize("path", [STAGING, TARGET, OTHER])
def test_whatever_an_unpublication_takes_away_can_be_the_volumes(path: str) -> None:
    """In every combination: never the stage, and nothing of another device while it is known which are the volume's."""
    taken = refused = 0
    for facts in every_node_volume():
        numbers = live_numbers(facts) | ({facts.record.device_number} - {""} if facts.record is not None else set())
        known = numbers if all(one.connection is not None for one in facts.held) else set()
        at_path = {each.device_number for each in facts.mounts if each.path == path}
        fine = facts.staged_path != path and (not known or at_path <= known)
        try:
            ensure_unpublishable(facts, VOLUME, path)
        except DriverError:
            assert not fine
            refused += 1
        else:
            assert fine
            taken += bool(at_path)
    assert refused > 50
    assert taken > 50
