"""The life of a few volumes, lived at random by two controllers, with faults, an overtaking rival and an administrator.

After every step, whatever happened: what was answered is true; nobody holds a volume exactly when it is closed; those
who hold one do not harm each other; a name that was closed or replaced never opens anything again; no file is left
without its disk; and a call whose outcome was unknown, made again, ends with one that is known.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from itertools import count
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from rds_csi_async.domain.capabilities import AccessMode, Capability
from rds_csi_async.domain.contexts import PublishContext
from rds_csi_async.domain.errors import CutOffError, DriverError, RefusedError, UnknownOutcomeError, UnreachableError
from rds_csi_async.domain.pools import Pool
from rds_csi_async.domain.records import Holder, Record
from rds_csi_async.domain.sizes import MIB, SizeRange
from rds_csi_async.domain.volumes import Claim, Volume
from tests.examples import CLUSTER, NODE_A, NODE_B, NODE_C
from tests.fakes.rds import FakeRds
from tests.services.watched_rds import ALONE, IDS, KINDS, Controller, WatchedRds

NUMBERS = st.sampled_from(range(len(KINDS)))
NODES = st.sampled_from([NODE_A, NODE_A, NODE_B, NODE_C])
SIZES = st.sampled_from([16 * MIB, 20 * MIB + 1, 300 * MIB, 700 * MIB])
MODES = st.sampled_from([ALONE, ALONE, *AccessMode, AccessMode.MULTI_NODE_READER_ONLY])
BREAKS = [(when, skip) for when in ("before", "half", "done") for skip in range(4)]
MISSING = [(what, 0) for what in ("pool", "safe mode", "link")]
RIVALS = [(what, node) for what in ("publish", "unpublish", "delete", "expand") for node in (0, 1)]
TROUBLES = st.sampled_from([("none", 0)] * 20 + BREAKS + MISSING + RIVALS)
Trouble = tuple[str, int]
Step = Callable[["Controller"], Coroutine[Any, Any, Any]]


class LifeOfAVolume(RuleBasedStateMachine):
    """See the module."""

    def __init__(self) -> None:
        super().__init__()
        marks = count(1)
        pools = {"pool1": Pool("pool1", "ext4", 1000 * MIB, 1000 * MIB)}
        self.rds = WatchedRds(pools=pools)
        self.pair = [Controller(self.rds, writer, lambda: f"{next(marks):016x}") for writer in ("w1", "w2")]
        self.runner = asyncio.Runner()
        self.meddled: set[str] = set()  # slots whose export or record a person has touched since
        self.lost: dict[str, str] = {}  # slots whose record a person has erased or damaged, and what it was
        self.by_hand = count(1)

    def teardown(self) -> None:
        """Give everything back: nothing is left, save what a person made undeletable."""
        with self.runner:
            self._heal()
            for volume_id in IDS:
                if volume_id.slot not in self.lost:
                    self._give_back(str(volume_id))
            assert set(self.rds.volumes) <= set(self.lost)
            assert self.rds.leftovers == set()

    @initialize()
    def make_them(self) -> None:
        """Begin with volumes, so that something happens soon."""
        for number in range(len(KINDS)):
            self.create(number, 16 * MIB, ("none", 0))

    @rule(number=NUMBERS, required=SIZES, trouble=TROUBLES)
    def create(self, number: int, required: int, trouble: Trouble) -> None:
        """Make a volume: then it is there, and as large as was asked."""
        claim = Claim(IDS[number], "pool1", CLUSTER, f"h{number}", KINDS[number], SizeRange(required), MIB)

        def prove(made: Volume) -> None:
            assert self.rds.volumes[made.slot] == made
            assert made.size_bytes >= required

        self._step(lambda one: one.provisioning.create(claim), prove, trouble)

    @rule(number=NUMBERS, trouble=TROUBLES)
    def delete(self, number: int, trouble: Trouble) -> None:
        """Remove a volume: then it is gone, and its file too."""

        def prove(_: None) -> None:
            assert IDS[number].slot not in self.rds.volumes
            assert IDS[number].slot not in self.rds.leftovers
            self.lost.pop(IDS[number].slot, None)
            self.meddled.discard(IDS[number].slot)

        self._step(lambda one: one.provisioning.delete(str(IDS[number])), prove, trouble)

    @rule(number=NUMBERS, node=NODES, mode=MODES, read_only=st.booleans(), trouble=TROUBLES)
    def publish(self, number: int, node: str, mode: AccessMode, *, read_only: bool, trouble: Trouble) -> None:
        """Let a node in: then it is in the record, and finds the volume open under the name that it was told."""
        wanted = Capability(mode, "ext4" if KINDS[number] == "mount" else None)

        def prove(context: PublishContext) -> None:
            volume = self.rds.volumes[IDS[number].slot]
            record = self._record(volume)
            assert (volume.exported, volume.nqn, volume.size_bytes) == (True, str(context.nqn), context.size_bytes)
            assert Holder(node, mode, read_only) in record.holders
            assert not (context.first_use and (record.erased_once or context.nqn.sequence > 1))
            self.meddled.discard(volume.slot)

        self._step(
            lambda one: one.publishing.publish(str(IDS[number]), node, wanted, read_only=read_only), prove, trouble
        )

    @rule(number=NUMBERS, node=NODES | st.just(""), trouble=TROUBLES)
    def unpublish(self, number: int, node: str, trouble: Trouble) -> None:
        """Shut a node out: then it is not in the record, and after the last one the volume is closed."""

        def prove(_: None) -> None:
            volume = self.rds.volumes.get(IDS[number].slot)
            if volume is None or volume.record() is None:
                assert volume is None or not volume.exported
                return
            left = [holder.node_id for holder in self._record(volume).holders]
            assert node not in left
            assert volume.exported is bool(left)
            assert node or not left
            self.meddled.discard(volume.slot)

        self._step(lambda one: one.publishing.unpublish(str(IDS[number]), node), prove, trouble)

    @rule(number=NUMBERS, node=NODES, trouble=TROUBLES)
    def move(self, number: int, node: str, trouble: Trouble) -> None:
        """Do what most volumes live through most often."""
        self.unpublish(number, "", ("none", 0))
        self.publish(number, node, ALONE, read_only=False, trouble=trouble)

    @rule(number=NUMBERS, trouble=TROUBLES)
    def give_back(self, number: int, trouble: Trouble) -> None:
        """And how it ends."""
        self.unpublish(number, "", ("none", 0))
        self.delete(number, trouble)
        self.create(number, 16 * MIB, ("none", 0))

    @rule(number=NUMBERS, required=SIZES, trouble=TROUBLES)
    def expand(self, number: int, required: int, trouble: Trouble) -> None:
        """Grow a volume: then it has the size that was answered."""

        def prove(size_bytes: int) -> None:
            assert required <= size_bytes == self.rds.volumes[IDS[number].slot].size_bytes

        self._step(lambda one: one.expanding.expand(str(IDS[number]), SizeRange(required)), prove, trouble)

    @rule(number=NUMBERS, what=st.sampled_from(["close", "open", "erase", "damage", "restore"]))
    def a_person_meddles(self, number: int, what: str) -> None:
        """Type at the console, as an administrator who may put things right again."""
        slot = IDS[number].slot
        volume = self.rds.volumes.get(slot)
        if volume is None:
            return
        self.meddled.add(slot)
        if what in {"erase", "damage"}:
            self.lost.setdefault(slot, volume.comment)
            volume = replace(volume, comment="" if what == "erase" else volume.comment[:-1] or "rds1:")
        elif what == "restore":
            volume = replace(volume, comment=self.lost.pop(slot, volume.comment))
        else:
            nqn = volume.nqn if what == "close" else f"nqn.1999-01.by.hand:{next(self.by_hand)}"
            volume = replace(volume, exported=what == "open", nqn=nqn)
        self.rds.volumes[slot] = volume

    @invariant()
    def nobody_holds_what_is_closed(self) -> None:
        """And nobody can reach what nobody holds; those who share may share."""
        for volume in self.rds.volumes.values():
            if volume.slot in self.meddled or volume.slot in self.lost:
                continue
            record = self._record(volume)
            assert bool(record.holders) is volume.exported
            modes = {holder.mode for holder in record.holders}
            writers = [holder for holder in record.holders if not (holder.read_only or holder.mode.read_only)]
            assert len(record.holders) <= 1 or (len(modes) == 1 and min(modes).many_nodes)
            assert len(writers) <= 1 or modes == {AccessMode.MULTI_NODE_MULTI_WRITER}
            assert len(writers) <= 1 or record.kind == "block"

    @invariant()
    def no_file_is_without_its_disk(self) -> None:
        """Every call that broke off was made again."""
        assert self.rds.leftovers == set()

    @invariant()
    def the_listing_is_true(self) -> None:
        """Every volume is listed, with who holds it."""
        calm = FakeRds(self.rds.volumes, self.rds.pools)
        page = self.runner.run(Controller(calm, "w3", str).listing.list_volumes(0, ""))
        assert {entry.volume_id: entry.size_bytes for entry in page.entries} == {
            f"rds:{volume.slot}": volume.size_bytes for volume in self.rds.volumes.values()
        }
        for entry in page.entries:
            assert entry.condition.abnormal or bool(entry.node_ids) is self.rds.volumes[entry.volume_id[4:]].exported

    def _step(self, step: Step, prove: Callable[[Any], None], trouble: Trouble) -> None:
        self._brew(*trouble)
        before = dict(self.rds.volumes)
        answer = self._run(step)
        if isinstance(answer, UnknownOutcomeError):
            self._heal()
            answer = self._run(step)
            assert not isinstance(answer, UnknownOutcomeError)
        elif isinstance(answer, DriverError) and not self.rds.rival_came:
            assert self.rds.volumes == before
        if not isinstance(answer, DriverError):
            prove(answer)
        self._heal()

    def _brew(self, what: str, detail: int) -> None:
        if what in {"before", "half", "done"}:
            error = UnreachableError("planned") if what == "before" else CutOffError("planned")
            self.rds.fail_next(error, half=what == "half", done=what == "done", skip=detail)
        elif (what, detail) in RIVALS:
            self.rds.rival = lambda: self.pair[1].overtake(what, (NODE_A, NODE_B)[detail])
        self.rds.unmounted = {"pool1"} if what == "pool" else set()
        self.rds.safe_mode = what == "safe mode"
        self.rds.reachable = what != "link"

    def _run(self, step: Step) -> Any:
        self.pair.reverse()

        async def attempt() -> Any:
            try:
                return await step(self.pair[0])
            except DriverError as error:
                return error

        return self.runner.run(attempt())

    def _give_back(self, text: str) -> None:
        self._run(lambda one: one.publishing.unpublish(text, ""))
        self._run(lambda one: one.provisioning.delete(text))

    def _heal(self) -> None:
        self.rds.heal()
        self.rds.unmounted, self.rds.safe_mode, self.rds.reachable = set(), False, True
        self.rds.rival, self.rds.rival_came = None, False

    def _record(self, volume: Volume) -> Record:
        record = volume.record()
        if record is None:
            raise RefusedError(volume.slot)
        return record
