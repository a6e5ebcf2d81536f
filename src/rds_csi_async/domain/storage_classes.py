"""The parameters of a StorageClass: which appliance, which pool; nothing else may be said."""

from collections.abc import Mapping
from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError

ORCHESTRATOR_PREFIX = "csi.storage.k8s.io/"  # kept for Kubernetes' own: pvc/name, fstype ...
_OWN = ("appliance", "pool")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a volume is to be made."""

    appliance: str
    pool: str
    title: str = ""  # namespace/name of the claim, when the provisioner tells it


def parse_parameters(parameters: Mapping[str, str]) -> Placement:
    """Read the parameters.

    Raises:
        InvalidRequestError: a key is unknown, or one of the two that there must be is missing.

    """
    unknown = [key for key in parameters if key not in _OWN and not key.startswith(ORCHESTRATOR_PREFIX)]
    if unknown:
        shown = sorted(key[:80] for key in unknown)[:10]
        message = f"StorageClass parameters {shown} are unknown; there are: {', '.join(_OWN)}"
        raise InvalidRequestError(message)
    missing = [key for key in _OWN if not parameters.get(key)]
    if missing:
        message = (
            f"StorageClass parameters {missing} are missing: a StorageClass names one appliance and one of its pools"
        )
        raise InvalidRequestError(message)
    claim = [parameters.get(f"{ORCHESTRATOR_PREFIX}pvc/{part}", "") for part in ("namespace", "name")]
    return Placement(parameters["appliance"], parameters["pool"], "/".join(claim) if all(claim) else "")
