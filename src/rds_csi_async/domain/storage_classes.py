"""The parameters of a StorageClass: appliance and pool, how file systems are made and connections kept; no more."""

from collections.abc import Mapping
from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.making import MAKE_KEYS, PLAIN, MakeOptions, parse_make_options
from rds_csi_async.domain.session_options import AS_THE_NODE, SESSION_KEYS, SessionOptions, parse_session_options

ORCHESTRATOR_PREFIX = "csi.storage.k8s.io/"  # kept for Kubernetes' own: pvc/name, fstype ...
_OWN = ("appliance", "pool")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a volume is to be made."""

    appliance: str
    pool: str
    title: str = ""  # namespace/name of the claim, when the provisioner tells it
    making: MakeOptions = PLAIN
    session: SessionOptions = AS_THE_NODE


def parse_parameters(parameters: Mapping[str, str]) -> Placement:
    """Read the parameters.

    Raises:
        InvalidRequestError: a key is unknown, a value out of bounds, or one of the two that there must be is missing.

    """
    known = (*_OWN, *MAKE_KEYS, *SESSION_KEYS)
    unknown = [key for key in parameters if key not in known and not key.startswith(ORCHESTRATOR_PREFIX)]
    if unknown:
        shown = sorted(key[:80] for key in unknown)[:10]
        message = f"StorageClass parameters {shown} are unknown; there are: {', '.join(known)}"
        raise InvalidRequestError(message)
    missing = [key for key in _OWN if not parameters.get(key)]
    if missing:
        message = (
            f"StorageClass parameters {missing} are missing: a StorageClass names one appliance and one of its pools"
        )
        raise InvalidRequestError(message)
    claim = [parameters.get(f"{ORCHESTRATOR_PREFIX}pvc/{part}", "") for part in ("namespace", "name")]
    title = "/".join(claim) if all(claim) else ""
    making, session = parse_make_options(parameters), parse_session_options(parameters)
    return Placement(parameters["appliance"], parameters["pool"], title, making, session)
