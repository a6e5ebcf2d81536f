"""The publish context: what the controller tells the node about one attachment. Text to text, strict, versioned.

`v` 1 · `nqn` · `address` · `port` · `sizeBytes` · `hostNqn` · `hostId` · `sequence` · `firstUse` · `soleNode`.
`firstUse`: the volume was never published before this sequence. `soleNode`: no other node ever held it. Both only ever
make the node ask for stronger proof; neither allows anything.
"""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.identifiers import Host, Nqn, VolumeId, find_nqn

VERSION = "1"
_KEYS = frozenset(["v", "nqn", "address", "port", "sizeBytes", "hostNqn", "hostId", "sequence", "firstUse", "soleNode"])
_BOOLEANS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class PublishContext:
    """Where a published volume is found, and as whom."""

    nqn: Nqn
    address: str
    port: int
    size_bytes: int
    host: Host
    first_use: bool
    sole_node: bool


def encode_publish_context(context: PublishContext) -> dict[str, str]:
    """Write the context as the orchestrator carries it."""
    return {
        "v": VERSION,
        "nqn": str(context.nqn),
        "address": context.address,
        "port": str(context.port),
        "sizeBytes": str(context.size_bytes),
        "hostNqn": context.host.nqn,
        "hostId": context.host.host_id,
        "sequence": str(context.nqn.sequence),
        "firstUse": str(context.first_use).lower(),
        "soleNode": str(context.sole_node).lower(),
    }


def decode_publish_context(texts: Mapping[str, str], volume_id: VolumeId, host: Host) -> PublishContext:
    """Read the context of this volume on the node that introduces itself as `host`.

    Raises:
        InvalidRequestError: it is not whole, was changed on its way, or belongs to another volume or node.

    """
    try:
        context = _decode(texts)
    except (KeyError, ValueError) as error:
        message = f"the publish context of {volume_id} is not one that the controller gave: {error}"
        raise InvalidRequestError(message) from error
    if context.nqn.slot != volume_id.slot:
        message = f"the publish context names {context.nqn.slot}, the request {volume_id.slot}"
        raise InvalidRequestError(message)
    if context.host != host:
        message = f"the publish context of {volume_id} was made for the host {context.host.nqn}, this is {host.nqn}"
        raise InvalidRequestError(message)
    return context


def _decode(texts: Mapping[str, str]) -> PublishContext:
    if set(texts) != _KEYS:
        message = f"keys {sorted(set(texts) ^ _KEYS)} are missing or too many"
        raise ValueError(message)
    nqn = find_nqn(texts["nqn"])
    if texts["v"] != VERSION or nqn is None or str(nqn.sequence) != texts["sequence"]:
        message = f"version {texts['v']!r}, NQN {texts['nqn']!r}, sequence {texts['sequence']!r} do not belong together"
        raise ValueError(message)
    return PublishContext(
        nqn,
        str(ipaddress.ip_address(texts["address"])),  # the kernel takes no host names
        _number(texts["port"], 65535),
        _number(texts["sizeBytes"], (1 << 63) - 1),
        Host(texts["hostNqn"], texts["hostId"]),
        _BOOLEANS[texts["firstUse"]],
        _BOOLEANS[texts["soleNode"]],
    )


def _number(text: str, largest: int) -> int:
    if not (text.isascii() and text.isdigit()) or not 0 < int(text) <= largest:
        message = f"{text!r} is no number from 1 to {largest}"
        raise ValueError(message)
    return int(text)
