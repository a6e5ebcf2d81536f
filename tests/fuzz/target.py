"""All that reads what an appliance printed, behind one function that takes any bytes.

The first byte of a case says how the rest is thrown in: `r` as it is; any other, in a frame that is right, since no
luck of a fuzzer gets a count and a token right and so past the first gate. With `m` the first line is its remark.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.routeros.disks import parse_volume
from rds_csi_async.routeros.listing import Inventory
from rds_csi_async.routeros.pools import ShownPools, parse_pools
from rds_csi_async.routeros.replies import get_reply
from rds_csi_async.routeros.rows import LARGEST_NUMBER, get_number, rows_of
from rds_csi_async.routeros.syntax import Reply, parse_frame
from rds_csi_async.routeros.versions import ensure_supported, parse_version

TOKEN: Final = "TOKEN"  # noqa: S105 - of a frame, no secret
RAW: Final = b"r"
FRAMED: Final = b"f"
REMARKED: Final = b"m"
POOLS: Final = (PoolSettings("fast", "pool1", "40437dbc-2318-45dc-817b-b3bb95cf48ab"),)
_MOST_PAGES: Final = 4


class WrongValueError(AssertionError):
    """A decoder gave a value that it must never give."""


def decode(case: bytes) -> None:
    """Put one case through every decoder; raises whatever is neither a good value nor a `DriverError`."""
    mode, text = case[:1], case[1:].decode(errors="replace")
    if mode == REMARKED:
        remark, _, text = text.partition("\n")
        text = _framed(text, remark)
    elif mode != RAW:
        text = _framed(text, "1")
    with _named_errors():
        ensure_supported(parse_version(text, TOKEN))
    reply: Reply | None = None
    with _named_errors():
        reply = get_reply(parse_frame(text, TOKEN))
    if reply is not None:
        for look in (_look_at_volumes, _look_at_count, _look_at_listing):
            with _named_errors():
                look(reply)


def _framed(text: str, remark: str) -> str:
    count = sum(line.startswith("{") for line in text.split("\n"))
    return f"{text}\n=end {count} {remark} {TOKEN}\r\n"


@contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except DriverError as error:
        _ensure(str(error) != "", "an error says something")


def _look_at_volumes(reply: Reply) -> None:
    pools = ShownPools()
    with _named_errors():
        pools = parse_pools(rows_of(reply, "pool"), POOLS)
    _ensure(len(pools.mounted) + len(pools.missing) in {0, len(POOLS)}, "a pool is there or missing")
    for pool in pools.mounted:
        _ensure(0 <= pool.pool.free_bytes <= LARGEST_NUMBER, "room is a number of bytes")
        _ensure(pool.mount_point != "" and pool.settings in POOLS, "a pool is one of ours, and mounted")
    for row in rows_of(reply, "disk"):
        _look_at_volume(row, pools)


def _look_at_volume(row: Mapping[str, object], pools: ShownPools) -> None:
    with _named_errors():
        volume = parse_volume(row, pools)
        _ensure(volume.slot != "" and volume.disk_type != "", "a disk has a slot and a type")
        _ensure(0 <= volume.size_bytes <= LARGEST_NUMBER, "a size is a number of bytes")
        _ensure(0 <= volume.port < 1 << 16, "a port is a port")
        _ensure(isinstance(volume.exported, bool), "an export is open or closed")
        _ensure(volume.nqn != "" or not volume.exported, "what is exported has a name")
        volume.record()


def _look_at_count(reply: Reply) -> None:
    _ensure(0 <= get_number(reply, "left") <= LARGEST_NUMBER, "what is left is counted")


def _look_at_listing(reply: Reply) -> None:
    inventory = Inventory(POOLS)
    for _ in range(_MOST_PAGES):
        if not inventory.add(reply) or inventory.whole:
            return
        statements, _ = inventory.next_question()
        _ensure(all("\n" not in each and each.isascii() for each in statements), "a question is one line")


def _ensure(held: bool, what: str) -> None:  # noqa: FBT001 - it is what is looked at
    if not held:
        raise WrongValueError(what)


Decoder = Callable[[bytes], None]
