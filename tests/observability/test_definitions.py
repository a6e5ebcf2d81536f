"""How something ended is one of two words."""

import asyncio

from rds_csi_async.observability.definitions import STATUSES, status_of


def test_how_it_ended_is_one_of_two_words() -> None:
    """No error is success; any is failure, a cancellation too."""
    assert status_of(None) == "success"
    assert {status_of(error) for error in (ValueError(), asyncio.CancelledError())} == {"failure"}
    assert set(STATUSES) == {"success", "failure"}
