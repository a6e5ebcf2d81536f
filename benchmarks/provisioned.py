"""What came of a case of the provisioning benchmark: figures, how they are printed, and which bars they miss."""

import statistics
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from plain import CHANNELS
from rds_csi_async.routeros.settings import Limits
from rig import Measured

SPEED_UP, SHARE, EXCESS, STALL_S, LISTINGS = 8.0, 0.8, 1.15, 0.02, 5


@dataclass(frozen=True, slots=True)
class Case:
    """One run."""

    scheduling: str
    volumes: int
    disks: int = 0
    plain: bool = False

    @property
    def channels(self) -> int:
        """How many lines may change something at once."""
        limits = CHANNELS if self.plain else Limits()
        return limits.channels - limits.urgent_channels

    @property
    def title(self) -> str:
        """What it is called."""
        others = f", {self.disks} other disks" if self.disks else ""
        return f"{'plain' if self.plain else self.scheduling}, {self.volumes} volumes{others}"


@dataclass(slots=True)
class Phase:
    """What came of many calls of one kind; `spent` is what the simulator counted meanwhile."""

    name: str
    took_s: float = 0.0
    times_s: list[float] = field(default_factory=list)
    retries: int = 0
    spent: dict[str, float] = field(default_factory=dict)
    driver: Measured = field(default_factory=lambda: Measured(0, 0, 0, 0, 0))

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.times_s) / self.took_s

    def share(self, channels: int) -> float:
        """Tell how much of the rate that so many channels allow was reached."""
        return self.spent["took_s"] / channels / self.took_s

    @property
    def excess(self) -> float:
        """Tell how many times as long it took as the changes by themselves."""
        return self.took_s / self.spent["changes_took_s"]


def report(case: Case, phases: Sequence[Phase]) -> None:
    """Print what came of a case."""
    write(case.title)
    for phase in phases:
        cuts = statistics.quantiles(phase.times_s * 2, n=100)  # twice, so that two are enough
        spent, calls, driver = phase.spent, len(phase.times_s), phase.driver
        write(
            f"  {phase.name}: {phase.rate:.2f}/s, p50 {cuts[49]:.2f} s, p99 {cuts[98]:.2f} s, {phase.retries} retries;"
            f" {spent['commands'] / calls:.3f} commands each, {spent['listings']:.0f} listings,"
            f" {spent['logins']:.0f} logins"
        )
        if spent["changes_took_s"]:
            write(
                f"    {phase.share(case.channels):.1%} of what {case.channels} channels allow at"
                f" {spent['took_s'] / calls:.3f} s each, {phase.excess:.2f} times what the changes took"
            )
        write(
            f"    driver: longest turn {driver.longest_s * 1e3:.1f} ms of CPU, {driver.cpu_s / calls * 1e3:.1f} ms"
            f" each, {driver.resident_kib / 1024:.0f} MiB resident; it waited {driver.waited_s:.1f} s for a CPU, the"
            f" simulator {spent['waited_s']:.1f} s, of {phase.took_s:.1f} s"
        )


def judge(done: Mapping[Case, Sequence[Phase]]) -> list[str]:
    """Name the bars that are missed."""
    missed = []
    plain = next(phases[-2].rate for case, phases in done.items() if case.plain)
    for case, phases in done.items():
        if case.plain:
            continue
        measures = {f"a turn of {phase.name} (s)": (phase.driver.longest_s, STALL_S) for phase in phases}
        measures["logins"] = (phases[-1].spent["logins"], 1)
        measures["listings while creating"] = (phases[-2].spent["listings"], LISTINGS)
        measures |= _measure_rate(case, phases[-2], plain)
        missed += [
            f"{case.title}: {what}: {abs(is_):.3g}, the bar is {abs(bar):g}"
            for what, (is_, bar) in measures.items()
            if is_ > bar
        ]
    return missed


def _measure_rate(case: Case, create: Phase, plain: float) -> dict[str, tuple[float, float]]:
    """Hold the rate against its bars; not where few volumes are made, of which the first and the last weigh much."""
    if case.disks:
        return {}
    if case.scheduling == "serialised":
        return {"times what the changes took": (create.excess, EXCESS)}
    write(f"{case.title}: {create.rate / plain:.2f} times the plain rate")
    return {
        "plain creates in the time of one": (-create.rate / plain, -SPEED_UP),
        "share of what the channels allow": (-create.share(case.channels), -SHARE),
    }


def write(line: str) -> None:
    """Print a line, whether or not anybody reads it."""
    with suppress(BrokenPipeError):
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
