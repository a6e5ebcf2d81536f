"""Whether a volume is well."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Condition:
    """CSI's VolumeCondition: abnormal or not, and in words why."""

    abnormal: bool
    message: str


WELL = Condition(abnormal=False, message="the volume is well")


def condition_of(oddity: str | None) -> Condition:
    """Make a condition of what was found odd, if anything was."""
    return WELL if oddity is None else Condition(abnormal=True, message=oddity)
