"""Sizes in bytes, and how a request becomes one."""

from dataclasses import dataclass

from rds_csi_async.domain.errors import InvalidRequestError, SizeOutOfRangeError

MIB = 1 << 20
GIB = 1 << 30
DEFAULT_BYTES = GIB  # what "any size" becomes
LARGEST_BYTES = (1 << 63) - MIB  # a whole MiB that still fits the wire's int64


@dataclass(frozen=True, slots=True)
class SizeRange:
    """What is asked for: at least `required_bytes`, and no more than `limit_bytes` (None: no limit)."""

    required_bytes: int
    limit_bytes: int | None = None

    def __str__(self) -> str:
        """Say it to a person."""
        most = "" if self.limit_bytes is None else f" and at most {self.limit_bytes}"
        return f"at least {self.required_bytes}{most} bytes"


def parse_size_range(required_bytes: int, limit_bytes: int) -> SizeRange:
    """Take a CSI `CapacityRange` as a range; 0 stands for "not said" in either (CSI 1.12, CapacityRange).

    Raises:
        InvalidRequestError: a negative number, or a limit below what is required.

    """
    if required_bytes < 0 or limit_bytes < 0:
        message = f"a size cannot be negative: required {required_bytes} bytes, limit {limit_bytes}"
        raise InvalidRequestError(message)
    if 0 < limit_bytes < required_bytes:
        message = f"the limit of {limit_bytes} bytes is below the required {required_bytes}"
        raise InvalidRequestError(message)
    limit = limit_bytes or None
    if required_bytes or limit is None:
        return SizeRange(required_bytes or DEFAULT_BYTES, limit)
    most = limit // MIB * MIB or limit  # what rounding up will not lift above the limit, if there is such a size
    return SizeRange(min(DEFAULT_BYTES, most), limit)


def decide_size_bytes(wanted: SizeRange, *, smallest_bytes: int) -> int:
    """Choose the size to make: what is required, at least `smallest_bytes`, rounded up to the MiB.

    Raises:
        SizeOutOfRangeError: that would be more than the limit (CSI 1.12, CreateVolume: OUT_OF_RANGE).

    """
    size_bytes = -(-max(wanted.required_bytes, smallest_bytes) // MIB) * MIB
    limit_bytes = LARGEST_BYTES if wanted.limit_bytes is None else wanted.limit_bytes
    if size_bytes > limit_bytes:
        message = f"needs {size_bytes} bytes (whole MiB, at least {smallest_bytes}); the limit is {limit_bytes}"
        raise SizeOutOfRangeError(message)
    return size_bytes


def fits(size_bytes: int, wanted: SizeRange) -> bool:
    """Tell whether a volume of this size is one that was asked for."""
    return wanted.required_bytes <= size_bytes and (wanted.limit_bytes is None or size_bytes <= wanted.limit_bytes)
