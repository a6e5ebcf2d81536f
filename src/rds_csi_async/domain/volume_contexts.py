"""The volume context: what CreateVolume tells the node about a volume, for as long as it lives. Text to text, strict.

| key | what |
| --- | --- |
| `claim` | namespace/name of the claim that it was made for, so that events can be told of it; absent where unknown |
| `bytesPerInode` ... | how its file system is made, where the StorageClass says so: see `making` |
| `ioQueues` ... | how its connection is made and kept, where the StorageClass says so: see `session_options` |

Kubernetes adds keys of its own, which bear its domain; they are not looked at.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.making import MAKE_KEYS, PLAIN, MakeOptions, encode_make_options, parse_make_options
from rds_csi_async.domain.session_options import (
    AS_THE_NODE,
    SESSION_KEYS,
    SessionOptions,
    encode_session_options,
    parse_session_options,
)

_ORCHESTRATORS = ("kubernetes.io", "k8s.io")
_CLAIM = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_KEYS = frozenset({"claim", *MAKE_KEYS, *SESSION_KEYS})


@dataclass(frozen=True, slots=True)
class VolumeContext:
    """What a node knows of a volume besides its id."""

    claim: str = ""
    making: MakeOptions = PLAIN
    session: SessionOptions = AS_THE_NODE


def encode_volume_context(context: VolumeContext) -> dict[str, str]:
    """Write the context as the orchestrator carries it; a claim of a form that Kubernetes has not is left out."""
    claim = {"claim": context.claim} if _CLAIM.fullmatch(context.claim) else {}
    return claim | encode_make_options(context.making) | encode_session_options(context.session)


def decode_volume_context(texts: Mapping[str, str]) -> VolumeContext:
    """Read the context of a volume.

    Raises:
        InvalidRequestError: it is not one that CreateVolume gave: a key is unknown, or a value cannot be.

    """
    key = find_foreign_key(texts)
    if key is not None:
        message = f"volume_context has {key[:80]!r}, which this driver never puts there"
        raise InvalidRequestError(message)
    claim = texts.get("claim", "")
    if "claim" in texts and not _CLAIM.fullmatch(claim):
        message = f"volume_context has the claim {claim[:80]!r}, which is no namespace/name"
        raise InvalidRequestError(message)
    return VolumeContext(claim, parse_make_options(texts), parse_session_options(texts))


def find_foreign_key(texts: Mapping[str, str]) -> str | None:
    """Find a key that neither this driver nor Kubernetes puts there."""
    return next((key for key in texts if key not in _KEYS and not _is_orchestrators(key)), None)


def _is_orchestrators(key: str) -> bool:
    domain, slash, _ = key.partition("/")
    return bool(slash) and any(domain == own or domain.endswith(f".{own}") for own in _ORCHESTRATORS)
