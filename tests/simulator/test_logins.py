"""Only the right user with the right key or password gets in."""

from pathlib import Path

import pytest

from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.faults import Faults
from rds_csi_async.simulator.logins import Logins, plain_user
from rds_csi_async.simulator.settings import SimulatorSettings

KEY = "ssh-ed25519 AAAA"


@pytest.mark.parametrize(
    ("user", "key", "accepted"),
    [
        ("admin", KEY, True),
        ("admin", f"{KEY} another comment\n", True),
        ("admin+cet512w", KEY, True),
        ("root", KEY, False),
        ("admin", "ssh-ed25519 BBBB", False),
    ],
)
def test_keys(user: str, key: str, accepted: bool) -> None:  # noqa: FBT001 - an expected value
    """Comments do not matter, nor do options for the console."""
    counters = Counters()
    logins = Logins(SimulatorSettings(Path(), (), authorized_keys=(f"{KEY} me@home",)), Faults(), counters)
    assert logins.accepts_key(user, key) is accepted
    assert counters.refused_logins == int(not accepted)


def test_passwords() -> None:
    """Only where there is one."""
    closed = Logins(SimulatorSettings(Path(), ()), Faults(), Counters())
    opened = Logins(SimulatorSettings(Path(), (), password="p"), Faults(), Counters())  # noqa: S106 - it opens nothing
    assert (closed.take_keys, closed.take_passwords, opened.take_passwords) == (False, False, True)
    assert (opened.accepts_password("admin", "p"), opened.accepts_password("admin", "")) == (True, False)
    assert not closed.accepts_password("admin", "")


def test_a_refusal_on_purpose_is_used_up_by_one_that_was_right() -> None:
    """Wrong ones are refused anyway."""
    faults = Faults(refused_logins=1)
    logins = Logins(SimulatorSettings(Path(), (), authorized_keys=(KEY,)), faults, Counters())
    assert [logins.accepts_key(user, KEY) for user in ("root", "admin", "admin")] == [False, False, True]


def test_options_follow_a_plus() -> None:
    """And are no part of the name."""
    assert (plain_user("a+c80w"), plain_user("a")) == ("a", "a")
