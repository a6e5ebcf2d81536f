"""What an orchestrator, or two of them, may ask next: drawn by chance from what it believes, and by nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Final

from rds_csi_async.domain.identifiers import node_id_of, slot_of
from tests.csi.serving import CLUSTER
from tests.faults.beliefs import Belief, Volume
from tests.faults.facts import Call, Kind

KEY: Final = "rds1"
POOLS: Final = ("pool1", "pool2")
NODES: Final = tuple(node_id_of(CLUSTER, f"worker-{number}") for number in (1, 2, 3))
_MIB: Final = 1 << 20
_SIZES: Final = tuple(size * _MIB for size in (64, 300, 1024, 3072))
_USES: Final = {
    False: (("snw", False), ("snw", False), ("snm", False), ("mnr", True)),
    True: (("snw", False), ("mnm", False), ("mns", False), ("mns", True)),
}
_TIMEOUTS_S: Final = (0.25, 0.5, 1.0)
_MOST_CALLS: Final = 6
# What is asked of a volume that is believed to be so, the likelier the oftener.
_WISHES: Final[dict[Belief, tuple[Kind, ...]]] = {
    Belief.ABSENT: (Kind.CREATE,) * 7 + (Kind.DELETE, Kind.GET, Kind.PUBLISH, Kind.UNPUBLISH),
    Belief.MAKING: (Kind.CREATE,) * 5 + (Kind.GET,),
    Belief.GOING: (Kind.DELETE,) * 5 + (Kind.GET, Kind.VALIDATE),
    Belief.PRESENT: (
        (Kind.PUBLISH,) * 7 + (Kind.UNPUBLISH,) * 6 + (Kind.DELETE,) * 5 + (Kind.EXPAND,) * 4
        + (Kind.GET,) * 3 + (Kind.VALIDATE,) * 2 + (Kind.CREATE,) * 2
    ),
}  # fmt: skip


def make_volumes(count: int) -> list[Volume]:
    """Name volumes; none is there yet."""
    names = [f"pvc-{number}" for number in range(count)]
    return [
        Volume(name, slot_of(CLUSTER, KEY, name), POOLS[number % 2], number % 3 == 0, 0)
        for number, name in enumerate(names)
    ]


def draw_sizes(chance: Random, volumes: Sequence[Volume]) -> list[Volume]:
    """Let volumes that are absent be asked for with another size from now on."""
    return [
        replace(volume, size_bytes=chance.choice(_SIZES))
        if volume.belief is Belief.ABSENT or not volume.size_bytes
        else volume
        for volume in volumes
    ]


def draw_round(chance: Random, volumes: Sequence[Volume], drivers: int) -> list[Call]:
    """Draw the calls of a round, which are under way together: often several for one volume."""
    chosen = chance.sample(list(volumes), k=chance.choice((1, 2, 4, 6)))
    calls = [_draw_call(chance, chance.choice(chosen), drivers) for _ in range(chance.randint(1, _MOST_CALLS))]
    return _ask_one_driver(calls)


def _ask_one_driver(calls: Sequence[Call]) -> list[Call]:
    """Let one driver both make a volume and delete it: no orchestrator makes a volume that another one deletes.

    Between the look that a file has no user and its removal no line of the appliance's can keep others out.
    """
    made, deleted = ({call.slot for call in calls if call.kind is kind} for kind in (Kind.CREATE, Kind.DELETE))
    both = made & deleted
    return [replace(call, driver=0) if call.slot in both else call for call in calls]


def _draw_call(chance: Random, volume: Volume, drivers: int) -> Call:
    driver, timeout_s = chance.randrange(drivers), chance.choice(_TIMEOUTS_S)
    if chance.random() < 0.08:
        kind = chance.choice((Kind.LIST, Kind.ROOM))
        return Call(kind, driver, pool=volume.pool if kind is Kind.ROOM else "", timeout_s=timeout_s)
    kind = chance.choice(_WISHES[volume.belief])
    if kind is Kind.DELETE and volume.holders and chance.random() < 0.8:
        kind = Kind.UNPUBLISH  # a volume that is held is to be deleted now and then only
    mode, read_only = chance.choice(_USES[volume.is_block])
    call = call_for(volume, kind, driver, timeout_s)
    if kind is Kind.PUBLISH:
        return replace(call, node=chance.choice(NODES), mode=mode, read_only=read_only)
    if kind is Kind.UNPUBLISH:
        return replace(call, node=chance.choice((*(sorted(volume.holders) or NODES), "")))
    if kind is Kind.EXPAND:
        return replace(call, size_bytes=volume.size_bytes * chance.choice((2, 3, 4)) // 2)
    other = kind is Kind.CREATE and volume.belief is Belief.PRESENT and chance.random() < 0.5
    return replace(call, size_bytes=chance.choice(_SIZES)) if other else call


def call_for(volume: Volume, kind: Kind, driver: int, timeout_s: float) -> Call:
    """Ask this of a volume."""
    size_bytes = volume.size_bytes if kind is Kind.CREATE else 0
    return Call(
        kind, driver, volume.slot, volume.name, volume.pool, size_bytes, is_block=volume.is_block, timeout_s=timeout_s
    )
