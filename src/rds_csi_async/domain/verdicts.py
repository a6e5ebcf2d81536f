"""What became of an assumption when it was tried, and what it means for whoever wants to run the driver."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What became of it; the value is the word for people."""

    HELD = "held"
    DID_NOT_HOLD = "did not hold"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class Assumption:
    """Something that the driver takes for true.

    `needed`: the driver does not work, or not safely, where it does not hold; else it makes do. `changes`: trying it
    needs a scratch volume. `only_with`: what somebody has to ask for before it is tried at all, and so it is no failure
    when it is not.
    """

    key: str
    says: str
    if_not: str
    needed: bool = True
    changes: bool = False
    only_with: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What an experiment saw, in words; `held` None: it could not be carried out."""

    held: bool | None
    seen: str


@dataclass(frozen=True, slots=True)
class Finding:
    """An assumption and what became of it."""

    assumption: Assumption
    verdict: Verdict
    seen: str

    @property
    def speaks_against(self) -> bool:
        """It did not hold and is needed; or is needed, and could not be tried though it was asked for."""
        if not self.assumption.needed or self.verdict is Verdict.HELD:
            return False
        return self.verdict is Verdict.DID_NOT_HOLD or not self.assumption.only_with

    @property
    def follows(self) -> str:
        """What follows; nothing when it held, or nobody knows."""
        return self.assumption.if_not if self.verdict is Verdict.DID_NOT_HOLD else ""


def finding_of(assumption: Assumption, observation: Observation) -> Finding:
    """Put what was seen beside what was assumed."""
    verdicts = {True: Verdict.HELD, False: Verdict.DID_NOT_HOLD, None: Verdict.NOT_TRIED}
    return Finding(assumption, verdicts[observation.held], observation.seen)


def decide_works(findings: Iterable[Finding]) -> bool:
    """Tell whether nothing that was found out speaks against running the driver."""
    return not any(finding.speaks_against for finding in findings)


def summarise(findings: Iterable[Finding]) -> str:
    """Count the verdicts, and say what they mean."""
    found = list(findings)
    counts = ", ".join(f"{sum(one.verdict is verdict for one in found)} {verdict.value}" for verdict in Verdict)
    against = [one.assumption.key for one in found if one.speaks_against]
    if against:
        return f"{counts}. The driver needs what was not found: {', '.join(against)}."
    return f"{counts}. Nothing that was tried speaks against the driver."
