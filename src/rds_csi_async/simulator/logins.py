"""Who gets in: by key or password, unless a fault refuses it."""

from typing import Final

from rds_csi_async.simulator.counters import Counters
from rds_csi_async.simulator.faults import Faults
from rds_csi_async.simulator.settings import SimulatorSettings

_OPTIONS_MARK: Final = "+"  # `admin+cet80w` is admin, with options for the console


def plain_user(username: str) -> str:
    """Name the user without the console options that may follow."""
    return username.partition(_OPTIONS_MARK)[0]


class Logins:
    """Decides about logins, and counts those that it refuses."""

    def __init__(self, settings: SimulatorSettings, faults: Faults, counters: Counters) -> None:
        self._users = frozenset(settings.users)
        self._password = settings.password
        self._keys = frozenset(map(_without_comment, settings.authorized_keys))
        self._faults = faults
        self._counters = counters

    @property
    def take_keys(self) -> bool:
        """Tell whether any key can be right."""
        return bool(self._keys)

    @property
    def take_passwords(self) -> bool:
        """Tell whether any password can be right."""
        return self._password is not None

    def accepts_key(self, username: str, line: str) -> bool:
        """Decide about a key, given as an OpenSSH line."""
        return self._decide(username, right=_without_comment(line) in self._keys)

    def accepts_password(self, username: str, password: str) -> bool:
        """Decide about a password."""
        return self._decide(username, right=self._password is not None and password == self._password)

    def _decide(self, username: str, *, right: bool) -> bool:
        accepted = right and plain_user(username) in self._users and not self._faults.take_login()
        self._counters.refused_logins += not accepted
        return accepted


def _without_comment(line: str) -> str:
    return " ".join(line.split()[:2])
