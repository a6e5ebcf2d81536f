"""A round, compared with the truth: every answer, every change, and what is left of volumes that are to be gone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from tests.faults.answers import find_broken_promise, find_lie, find_lie_in_list, is_short
from tests.faults.effects import find_wrong
from tests.faults.facts import Answer, Call, Kind
from tests.faults.history import History, Moment
from tests.faults.rig import RESERVE_BYTES

_FULL = frozenset(
    {(Kind.CREATE, "RESOURCE_EXHAUSTED"), (Kind.EXPAND, "RESOURCE_EXHAUSTED"), (Kind.EXPAND, "OUT_OF_RANGE")}
)


@dataclass
class Checker:
    """Compares rounds with the history. `ours` are the slots that volumes of ours can have."""

    history: History
    ours: frozenset[str]
    overwritten: int = 0  # changes that another came before in the middle of a single command
    _contested: set[str] = field(default_factory=set)  # slots of which this is so in this round
    _names: dict[str, set[str]] = field(default_factory=dict)  # all NQNs that a slot ever bore

    def find_wrong(self, answers: Sequence[Answer], begun: int, *, was_refused: bool) -> list[str]:
        """Tell all that is wrong about a round; `was_refused` when the appliance itself said that it is full."""
        moments = self.history.since(begun)
        calls = [answer.call for answer in answers]
        self._contested.clear()
        wrong = [wrong for moment in moments if (wrong := self._find_wrong_change(moment, calls, begun))]
        self._contested -= {moment.slot for moment in moments if moment.by_hand}
        for answer in answers:
            found = self._find_lie(answer, answers, begun, was_refused=was_refused)
            wrong += [f"{answer}\n    {each}" for each in found]
        return wrong

    def _find_wrong_change(self, moment: Moment, calls: Iterable[Call], begun: int) -> str | None:
        names = self._names.setdefault(moment.slot, set())
        try:
            if moment.by_hand:
                return None
            if moment.slot not in self.ours:
                return f"[{moment.number}] a stranger's disk was touched: {moment}"
            asked = [call for call in calls if call.slot == moment.slot]
            wrong = find_wrong(moment, asked, names)
            if wrong is not None and self._is_over_another(moment, asked, begun):
                self.overwritten += 1
                self._contested.add(moment.slot)
                return None
            return None if wrong is None else f"[{moment.number}] {wrong}: {moment.before} -> {moment.after}"
        finally:
            names |= {disk.nqn for disk in (moment.before, moment.after) if disk is not None and disk.exported}

    def _is_over_another(self, moment: Moment, asked: Sequence[Call], begun: int) -> bool:
        """Tell whether the change is right but for another that came between its look and its act, in one command.

        No line of the appliance's can rule that out. Whoever was written over has to find it out, and ask again.
        """
        if moment.before is None:
            return False
        seen = [disk for disk in self.history.states(moment.slot, begun, moment.number - 1) if disk is not None]
        if moment.after is None:
            meant = [replace(moment, before=disk) for disk in seen]
        else:
            meant = [replace(moment, before=replace(moment.before, comment=disk.comment)) for disk in seen]
        names = self._names[moment.slot]
        return any(find_wrong(each, asked, names) is None for each in meant)

    def _find_lie(self, answer: Answer, answers: Sequence[Answer], round_begun: int, *, was_refused: bool) -> list[str]:
        call, history = answer.call, self.history
        if not answer.is_known:
            return []
        if (call.kind, answer.status) in _FULL:
            return self._find_lie_about_room(answer, answers, round_begun, was_refused=was_refused)
        if call.kind is Kind.ROOM:
            return self._find_promise_too_large(answer, answers)
        if call.kind is Kind.LIST:
            slots = self.ours | set(answer.told or {})
            states = {slot: history.states(slot, answer.begun, answer.ended) for slot in slots}
            return [lie for slot in slots if (lie := find_lie_in_list(answer, slot, states[slot]))]
        lie = find_lie(answer, history.states(call.slot, _begun(answer, answers), answer.ended))
        if lie is None and call.slot in self._contested:
            lie = find_broken_promise(answer, [each.call for each in answers], history.disks.get(call.slot))
        return [] if lie is None else [lie]

    def _find_lie_about_room(
        self, answer: Answer, answers: Sequence[Answer], round_begun: int, *, was_refused: bool
    ) -> list[str]:
        call, states = answer.call, self.history.states(answer.call.slot, answer.begun, answer.ended)
        if not was_refused:
            rooms = [room[call.pool] - RESERVE_BYTES for room in self.history.rooms(round_begun, answer.ended)]
            others = [
                each.call.size_bytes
                for each in answers
                if each.call.pool == call.pool and each.call.kind in {Kind.CREATE, Kind.EXPAND} and each.call != call
            ]
            held = min((disk.size_bytes for disk in states if disk is not None), default=0)
            if not is_short(call, rooms, sum(others) - held * (call.kind is Kind.EXPAND)):
                return [f"there was room enough: {min(rooms)} bytes, and others asked for {sum(others)}"]
        return []

    def _find_promise_too_large(self, answer: Answer, answers: Sequence[Answer]) -> list[str]:
        if answer.status != "OK":
            return ["how much room there is is never answered so"]
        pool = answer.call.pool
        most = max(room[pool] for room in self.history.rooms(answer.begun, answer.ended)) - RESERVE_BYTES
        most += sum(each.call.size_bytes for each in answers if each.call.pool == pool)
        return [] if answer.number <= max(most, 0) else [f"{answer.number} bytes are promised, there were {most}"]


def _begun(answer: Answer, answers: Iterable[Answer]) -> int:
    """Tell when the call began, or the equal one that it may have joined."""
    begun = answer.begun
    for each in sorted(answers, key=lambda each: -each.begun):
        if _is_same(each.call, answer.call) and each.begun <= begun <= each.ended:
            begun = each.begun
    return begun


def _is_same(one: Call, other: Call) -> bool:
    facts = [
        (call.kind, call.driver, call.slot, call.size_bytes, call.node, call.mode, call.read_only)
        for call in (one, other)
    ]
    return facts[0] == facts[1]
