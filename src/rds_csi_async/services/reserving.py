"""Reserving room: what a pool still takes, counted from the last inventory and from all that was given away since.

A remembered figure may only ever say yes: what was given away is counted until an inventory that began after it was
settled shows it or shows it not, so two that are made at once never get the same room. A no needs a fresh inventory.
"""

import asyncio
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rds_csi_async.domain.errors import DriverError
from rds_csi_async.domain.listings import pool_in
from rds_csi_async.domain.pools import Capacity, capacity_of
from rds_csi_async.services.stocktaking import Stock, Stocktaking

OLDEST_S = 300.0  # others may give room away too; each line looks at what is free, so this bounds thin pools alone
_UNKNOWN_S = 120.0  # how long a command whose answer was lost may still be under way on the appliance


@dataclass(slots=True)
class _Reservation:
    pool: str
    size_bytes: int  # what the volume has in all, once it is made or has grown
    settled_s: float | None = None  # on the event loop's clock, perhaps still to come; None: under way


class Reserving:
    """The room of one appliance's pools. There is no waiting between a measure and the reservation it decides."""

    def __init__(self, stocktaking: Stocktaking, oldest_s: float = OLDEST_S) -> None:
        self._stocktaking = stocktaking
        self._oldest_s = oldest_s
        self._reservations: dict[str, _Reservation] = {}

    async def measure(self, pool: str, slot: str, held_bytes: int = 0) -> Capacity:
        """Tell how much room a pool has for this slot, which holds so much already; from memory if there is one."""
        stock = await self._stocktaking.get_recent(self._oldest_s)
        if pool in stock.listing.missing:
            return await self.measure_afresh(pool, slot, held_bytes)
        return self._count(stock, pool, slot, held_bytes)

    async def measure_afresh(self, pool: str, slot: str, held_bytes: int = 0) -> Capacity:
        """Tell it from an inventory that begins now."""
        return self._count(await self._take_stock(), pool, slot, held_bytes)

    async def measure_all(self, pools: Iterable[str]) -> list[Capacity]:
        """Tell how much room pools have for a new volume, from one inventory that begins now."""
        stock = await self._take_stock()
        return [self._count(stock, pool) for pool in pools]

    async def ensure_measured(self) -> None:
        """Take an inventory, unless one is remembered that is young enough."""
        await self._stocktaking.get_recent(self._oldest_s)

    def reserve(self, pool: str, slot: str, size_bytes: int) -> None:
        """Give this room to a slot, as soon as a measure has said that it is there.

        A slot that has more keeps that: a try to make it smaller finds it there, and does not shrink it.
        """
        before = self._reservations.get(slot)
        if before is not None and before.pool == pool:
            size_bytes = max(size_bytes, before.size_bytes)
        self._reservations[slot] = _Reservation(pool, size_bytes)

    def forget(self, slot: str) -> None:
        """Take a slot's room back: the volume is gone."""
        self._reservations.pop(slot, None)

    @contextmanager
    def settling(self, slot: str) -> Iterator[None]:
        """Settle what is reserved for the slot inside: kept if it was done or if nobody knows, given back if not.

        What it had before it keeps: a growth that is refused leaves a volume that no inventory may have shown yet.
        """
        before = self._reservations.get(slot)
        try:
            yield
        except BaseException as error:
            if isinstance(error, DriverError) and error.outcome_known:
                self._restore(slot, before)
            self._settle(slot, _UNKNOWN_S)
            raise
        self._settle(slot, 0)

    def _restore(self, slot: str, before: _Reservation | None) -> None:
        self.forget(slot)
        if before is not None:
            self._reservations[slot] = before

    def _settle(self, slot: str, after_s: float) -> None:
        reservation = self._reservations.get(slot)
        if reservation is not None and reservation.settled_s is None:
            reservation.settled_s = _now_s() + after_s

    async def _take_stock(self) -> Stock:
        stock = await self._stocktaking.take()
        self._forget_before(stock.begun_s)
        return stock

    def _forget_before(self, begun_s: float) -> None:
        """Drop what an inventory that began then has seen, if it is there at all."""
        self._reservations = {
            slot: each
            for slot, each in self._reservations.items()
            if each.settled_s is None or each.settled_s >= begun_s
        }

    def _count(self, stock: Stock, pool: str, slot: str = "", held_bytes: int = 0) -> Capacity:
        shown = stock.sizes.get(pool, {})
        given_bytes = max(held_bytes - shown.get(slot, 0), 0)
        claimed_bytes = 0
        for other, each in self._reservations.items():
            if each.pool == pool and other != slot:
                unseen_bytes = max(each.size_bytes - shown.get(other, 0), 0)
                given_bytes += unseen_bytes
                if each.settled_s is None or each.settled_s > _now_s():
                    claimed_bytes += unseen_bytes
        return capacity_of(
            pool_in(stock.listing, pool), stock.provisioned.get(pool, 0), given_bytes, claimed_bytes=claimed_bytes
        )


def _now_s() -> float:
    return asyncio.get_running_loop().time()
