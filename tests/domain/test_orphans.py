"""Which connections may be ended: every combination of what is known of them."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from rds_csi_async.domain.connections import Connection
from rds_csi_async.domain.mounts import Mount, PathFact, PathKind
from rds_csi_async.domain.node_volumes import Held, NodeVolume
from rds_csi_async.domain.orphans import is_due, list_unused
from tests.services.node_world import nqn, stage_record

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
USABLE = Held(nqn(), Connection(str(nqn()), "/dev/nvme0n1", "259:0", 1, live=True))
DOWN = Held(nqn(), Connection(str(nqn()), "/dev/nvme0n1", "259:0", 1, live=False))
MOUNT = Mount("/anywhere", "259:0", "/", "ext4", "/dev/nvme0n1", read_only=False)
OTHER = Mount("/elsewhere", "8:1", "/", "ext4", "/dev/sda1", read_only=False)


@pytest.mark.parametrize(
    ("record", "kind", "held", "mount", "targets", "nodes"),
    [
        *product(
            [False, True],
            ["mount", "block"],
            [USABLE, DOWN, Held(nqn(), None)],
            [MOUNT, OTHER],
            [(), ("/pod",)],
            [(), ("/pod",)],
        )
    ],
)
def test_what_is_unused(  # noqa: PLR0913 - every fact there is
    *, record: bool, kind: str, held: Held, mount: Mount, targets: tuple[str, ...], nodes: tuple[str, ...]
) -> None:
    """With a state file, a device that is known, not mounted anywhere, and not shown to a pod as a raw device."""
    known = stage_record(kind=kind, targets=targets) if record else None
    volume = NodeVolume(known, (held,), (mount,), PathFact(PathKind.DIRECTORY), nodes)
    shown = kind == "block" and bool(targets or nodes)
    may_end = record and held.connection is not None and mount is OTHER and not shown
    assert list_unused(volume) == ((str(nqn()),) if may_end else ())


@pytest.mark.parametrize(
    ("since", "due"),
    [
        (NOW - timedelta(minutes=15), True),
        (NOW - timedelta(minutes=14, seconds=59), False),
        (NOW + timedelta(days=1), False),
    ],
)
def test_the_grace_time(since: datetime, *, due: bool) -> None:
    """A clock that was set back makes nothing due."""
    assert is_due(since.isoformat(), NOW, timedelta(minutes=15)) is due


@pytest.mark.parametrize("text", ["", "yesterday", "2020-01-01T00:00:00"])
def test_a_time_that_is_none_is_not_due(text: str) -> None:
    """Nor one without a zone."""
    assert not is_due(text, NOW, timedelta(0))
