"""Where there is no atheris: cases that hypothesis draws, for as long as is wished."""

import time
from typing import Final

from hypothesis import HealthCheck, given, seed, settings

from tests.fuzz.cases import cases
from tests.fuzz.target import decode

_BATCH: Final = 20_000
_SLOWNESS: Final = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

_PLAIN: Final = settings(deadline=None, database=None, report_multiple_bugs=False, suppress_health_check=_SLOWNESS)


def search(seconds: float, batch: int = _BATCH) -> int:
    """Draw cases until the time is up, and give how many; a case that breaks a decoder is raised, made small."""
    ends_s, tried = time.monotonic() + seconds, 0

    @settings(_PLAIN, max_examples=batch)
    @given(cases)
    def throw(case: bytes) -> None:
        nonlocal tried
        if time.monotonic() < ends_s:
            tried += 1
            decode(case)

    while time.monotonic() < ends_s:
        seed(tried)(throw)()
    return tried
