"""What holds for every test."""

import asyncio


def pytest_sessionstart() -> None:
    """Start with no event loop: else looptime makes one when it first looks, and nobody closes it."""
    asyncio.set_event_loop(None)
