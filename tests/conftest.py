"""What holds for every test: nothing blocks the event loop, and what needs root says so."""

import asyncio
import os
from collections.abc import Generator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import settings

from tests.mount_namespace import enter_own_namespace
from tests.planted import find_planted

GUEST = Path("/run/guest")  # tests/vm/first.sh makes it
NEEDS_GUEST = "needs a kernel of its own, to attach and lose NVMe/TCP devices: it runs in a guest (tox -e vm)"
NEEDS_ROOT = "needs root: it attaches loop devices, makes file systems and mounts them"

settings.register_profile("tests", deadline=None, derandomize=True)  # neither a busy machine nor luck decides
settings.load_profile("tests")


@pytest.fixture(scope="session", autouse=True)
def _no_loop_yet() -> None:
    """Say that there is no event loop before the first test; Python 3.11 makes one when asked, and no one ends it."""
    asyncio.set_event_loop(None)


@pytest.fixture(scope="session", autouse=True)
def _own_mounts() -> None:
    """Mount where nobody copies from; a root that may not do this may not mount either, and those tests say so.

    In a guest there is nobody else, and the processes that tests look at are no children of theirs.
    """
    if os.geteuid() == 0 and not GUEST.exists():
        with suppress(PermissionError):
            enter_own_namespace()


@pytest.fixture(scope="session", autouse=True)
def blockbuster() -> Iterator[BlockBuster]:
    """Fail whatever blocks while a loop runs in the same thread; nothing is allowed beyond the tool's own list."""
    with blockbuster_ctx() as active:
        yield active


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a real appliance be named, for the contract of `tests/contracts/rds.py`."""
    parser.addoption("--appliance", metavar="CONFIG", help="settings of a real appliance without volumes, as for `run`")
    parser.addoption("--appliance-key", metavar="KEY", help="which appliance of the settings (default: the only one)")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason, what cannot work here."""
    lacks = {"root": NEEDS_ROOT if os.geteuid() != 0 else None, "vm": None if GUEST.exists() else NEEDS_GUEST}
    for item in items:
        for marker, reason in lacks.items():
            if reason is not None and item.get_closest_marker(marker) is not None:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail whatever printed or logged a secret that was planted, at any level."""
    report = yield
    shown = find_planted(text for _, text in report.sections)
    if shown:
        report.outcome = "failed"
        report.longrepr = "\n".join(["secrets were printed:", *shown])
    return report
