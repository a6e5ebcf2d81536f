"""What the settings say of an appliance while the driver runs: how it is reached may change, without a restart."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.app.config import SettingsError, read_file
from rds_csi_async.routeros.links import Session
from rds_csi_async.routeros.session import open_session
from rds_csi_async.routeros.settings import ApplianceSettings

_log = logging.getLogger(__name__)


class Rereading:
    """Opens sessions with the address, user and keys that the file says now; while it is unusable, as it said last.

    Pools and the port of exports stay what they were at the start: what was made under them goes on.
    """

    def __init__(
        self,
        file: Path | None,
        configured: ConfiguredAppliance,
        open_session: Callable[[ApplianceSettings], Awaitable[Session]] = open_session,
    ) -> None:
        self._file = file
        self._key = configured.key
        self._settings = configured.settings
        self._open_session = open_session

    async def open_session(self, _: ApplianceSettings) -> Session:
        """Look, and open; errors are those of `routeros.session.open_session`."""
        try:
            found = await asyncio.to_thread(self._read)
        except SettingsError as error:
            _log.warning("%s is reached as before, since its settings cannot be used now: %s", self._key, error)
        else:
            self._note(found)
        return await self._open_session(self._settings)

    def _read(self) -> ApplianceSettings:
        if self._file is None:
            return self._settings
        tables = read_file(self._file).get("appliances")
        table = tables.get(self._key) if isinstance(tables, dict) else None
        return parse_appliances({self._key: table})[0].settings

    def _note(self, found: ApplianceSettings) -> None:
        changed = replace(
            self._settings,
            host=found.host,
            port=found.port,
            user=found.user,
            host_keys=found.host_keys,
            host_key_file=found.host_key_file,
            key_file=found.key_file,
            password_file=found.password_file,
        )
        if changed != self._settings:
            _log.info("%s is reached by changed settings from now on", self._key)
        self._settings = changed
