"""What goes wrong with the appliance, beside one line in five: drawn by chance, and asked for at the control socket."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.faults.drawing import POOLS

Request = Mapping[str, Any]
STRANGER: Final = "nixos-var"
_REFUSED: Final = ("/disk/remove", "/disk/set", "/file/remove", "/disk/btrfs/subvolume/remove", "/disk/add")
_VERBS: Final = ("/disk/set", "/disk/remove", "/disk/add", "/disk/print", "/disk/find", "/file/find", "/file/remove")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is done to the appliance before a round, while its calls are under way, and after so many rounds.

    `dies` tells that a driver dies meanwhile, and another one begins in its place.
    `is_sweeping` tells that entries or files may come back that nobody asks for, so that an administrator has to tidy.
    """

    name: str
    before: tuple[Request, ...] = ()
    during: tuple[Request, ...] = ()
    after: tuple[Request, ...] = ()
    dies: bool = False
    rounds: int = 1
    is_sweeping: bool = False

    def __str__(self) -> str:
        """Say it in a line."""
        asked = "; ".join(str(dict(request)) for request in (*self.before, *self.during, *self.after))
        return f"{self.name} for {self.rounds} rounds: {asked}"


NO_TROUBLE: Final = Trouble("no trouble beside the storm")


def storm(chance: Random) -> list[Request]:
    """Hit one line in five from now on, and let sessions take turns in an order of chance."""
    return [
        {"do": "clear"},
        {"do": "fault", "kind": "trickle", "ms": 1, "times": 0},
        {"do": "fault", "kind": "storm", "one-in": 5, "seed": chance.randrange(1 << 30)},
        {"do": "fault", "kind": "interleave", "seed": chance.randrange(1 << 30)},
    ]


def draw_trouble(chance: Random, slots: Sequence[str]) -> Trouble:
    """Draw what goes wrong next, some of it with these volumes."""
    return chance.choice(_DRAWN)(chance, slots)


def name_troubles() -> list[str]:
    """Name everything that can be drawn."""
    chance = Random(0)  # noqa: S311 - only the names are of interest
    return sorted({draw(chance, ["slot"]).name for draw in _DRAWN})


def _restart(chance: Random, _slots: Sequence[str]) -> Trouble:
    return Trouble("restart", during=({"do": "restart", "down-ms": chance.choice((0, 30))},))


def _reboot(chance: Random, _slots: Sequence[str]) -> Trouble:
    return Trouble("reboot", during=({"do": "reboot", "down-ms": 10, "mount-ms": chance.choice((20, 60))},))


def _death(_chance: Random, _slots: Sequence[str]) -> Trouble:
    return Trouble("driver-dies", dies=True)


def _delay(chance: Random, _slots: Sequence[str]) -> Trouble:
    return Trouble("delay", before=({"do": "fault", "kind": "delay", "ms": chance.choice((5, 20))},), rounds=2)


def _refuse_login(chance: Random, _slots: Sequence[str]) -> Trouble:
    refuse = {"do": "fault", "kind": "refuse-login", "times": chance.randint(1, 3)}
    return Trouble("refuse-login", before=(refuse, {"do": "restart"}))


def _host_key(_chance: Random, _slots: Sequence[str]) -> Trouble:
    return Trouble("host-key", before=({"do": "fault", "kind": "host-key"}, {"do": "restart"}))


def _disk_full(chance: Random, _slots: Sequence[str]) -> Trouble:
    return Trouble("disk-full", before=({"do": "fault", "kind": "disk-full", "pool": chance.choice(POOLS)},), rounds=3)


def _unmounted(chance: Random, _slots: Sequence[str]) -> Trouble:
    unmount = {"do": "fault", "kind": "pool-unmounted", "pool": chance.choice(POOLS)}
    return Trouble("pool-unmounted", before=(unmount,), rounds=2)


def _late_deletion(chance: Random, _slots: Sequence[str]) -> Trouble:
    return Trouble(
        "late-deletion", before=({"do": "fault", "kind": "late-deletion", "ms": chance.choice((20, 150))},), rounds=4
    )


def _safe_mode(chance: Random, _slots: Sequence[str]) -> Trouble:
    then = chance.choice(("keep", "undo"))
    take, end = {"do": "safe-mode", "then": "take"}, {"do": "safe-mode", "then": then}
    before, during = chance.choice((((take,), ()), ((), (take,))))
    return Trouble(f"safe-mode-{then}", before, during, (end,), rounds=2, is_sweeping=then == "undo")


def _backup(chance: Random, _slots: Sequence[str]) -> Trouble:
    keep, restore = {"do": "backup", "name": "b"}, {"do": "restore", "name": "b"}
    return Trouble("restored-backup", before=(keep,), after=(restore,), rounds=chance.randint(1, 5), is_sweeping=True)


def _refuse(chance: Random, _slots: Sequence[str]) -> Trouble:
    match, times = f"^{chance.choice(_REFUSED)}$", chance.randint(1, 3)
    return Trouble("refuse", before=({"do": "fault", "kind": "refuse", "match": match, "times": times},))


def _by_hand(chance: Random, slots: Sequence[str]) -> Trouble:
    return Trouble("by-hand", during=({"do": "run", "line": _draw_line(chance, slots)},))


def _intrude(chance: Random, slots: Sequence[str]) -> Trouble:
    match, line = f"^{chance.choice(_VERBS)}$", _draw_line(chance, slots)
    return Trouble("intrude", before=({"do": "fault", "kind": "intrude", "match": match, "line": line},))


def _draw_line(chance: Random, slots: Sequence[str]) -> str:
    """Draw what an administrator types in the middle of it."""
    disk = f'[/disk/find where slot="{chance.choice(slots)}"]'
    lines = (
        f'/disk/set {disk} comment=""',
        f'/disk/set {disk} comment="by hand"',
        f'/disk/set {disk} comment="rds1:{{"',
        f"/disk/set {disk} nvme-tcp-export=no",
        f"/disk/set {disk} nvme-tcp-export=yes",
        f'/disk/set {disk} nvme-tcp-server-nqn="nqn.2020-01.org.example:{chance.randrange(1 << 30)}"',
        f"/disk/set {disk} file-size=4G",
        f"/disk/remove {disk}",
        f"/disk/remove {disk}",
        f"/disk/add type=file file-path=pool1/{STRANGER}.img file-size=16M slot={STRANGER}",
        f"/disk/remove [/disk/find where slot={STRANGER}]",
    )
    return chance.choice(lines)


_DRAWN: Final[tuple[Callable[[Random, Sequence[str]], Trouble], ...]] = (
    _restart, _reboot, _death, _death, _delay, _refuse_login, _host_key, _disk_full, _unmounted, _late_deletion,
    _safe_mode, _safe_mode, _backup, _refuse, _refuse, _by_hand, _by_hand, _by_hand,
    _intrude, _intrude, _intrude, _intrude,
)  # fmt: skip
