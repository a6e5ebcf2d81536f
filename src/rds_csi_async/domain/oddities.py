"""What about a volume on the appliance needs a person's attention."""

from rds_csi_async.domain.attachments import is_as_recorded, nqn_of
from rds_csi_async.domain.errors import RefusedError
from rds_csi_async.domain.volumes import Volume


def find_oddity(volume: Volume) -> str | None:
    """Tell what is odd about a volume; None when nothing is."""
    try:
        record = volume.record()
    except RefusedError as error:
        return str(error)
    if record is None or (record.erased_once and is_as_recorded(volume, record)):
        return f"the record of {volume.slot} was erased: it is served, but will not be deleted; do that by hand"
    if is_as_recorded(volume, record):
        return None
    export = f"on, as {volume.nqn!r}" if volume.exported else "off"
    meant = f"on, as {str(nqn_of(volume, record))!r}" if record.holders else "off"
    return f"{volume.slot} has {len(record.holders)} holders, so its export should be {meant}; it is {export}"
