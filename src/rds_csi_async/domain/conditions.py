"""Whether a volume on the appliance is well, and what about it needs a person."""

from dataclasses import dataclass

from rds_csi_async.domain.attachments import is_as_recorded, nqn_of
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.volumes import Volume


@dataclass(frozen=True, slots=True)
class Condition:
    """CSI's VolumeCondition: abnormal or not, and in words why."""

    abnormal: bool
    message: str


WELL = Condition(abnormal=False, message="the volume is well")


def condition_of(volume: Volume) -> Condition:
    """Tell how the volume is, as far as the appliance shows it."""
    oddity = find_oddity(volume)
    return WELL if oddity is None else Condition(abnormal=True, message=oddity)


def find_oddity(volume: Volume) -> str | None:
    """Tell what is odd about a volume; None when nothing is."""
    try:
        record = volume.record()
    except RefusedError as error:
        return str(error)
    if record is None:
        return f"the record of {volume.slot} was erased: it is served, but will not be deleted"
    if is_as_recorded(volume, record):
        return None
    export = f"on, as {volume.nqn!r}" if volume.exported else "off"
    meant = f"on, as {str(nqn_of(volume, record))!r}" if record.holders else "off"
    return f"{volume.slot} has {len(record.holders)} holders, so its export should be {meant}; it is {export}"
