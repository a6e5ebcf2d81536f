"""How an appliance is reached follows the file, and a file that is being written breaks nothing."""

import asyncio
import logging
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from rds_csi_async.app.appliance_config import ConfiguredAppliance, parse_appliances
from rds_csi_async.app.config import read_file
from rds_csi_async.app.rereading import Rereading
from rds_csi_async.routeros.settings import ApplianceSettings
from tests.fakes.sessions import FakeSession

_PINS = [f"SHA256:{letter * 43}" for letter in "ABC"]
_TEXT = """
[appliances.rds]
address = "192.0.2.1"
user = "csi"
key_file = "/key"
host_keys = ["PIN"]
[appliances.rds.pools.main]
slot = "raid10"
fs_uuid = "u"
"""


@dataclass
class Opener:
    """Opens, and keeps what it was told."""

    seen: list[ApplianceSettings] = field(default_factory=list)

    async def open(self, settings: ApplianceSettings) -> FakeSession:
        """See `routeros.session`."""
        self.seen.append(settings)
        return FakeSession()


@dataclass
class World:
    """A file, and who reads it again."""

    file: Path
    opener: Opener
    configured: ConfiguredAppliance
    rereading: Rereading

    async def write_and_open(self, text: str) -> ApplianceSettings:
        """Change the file, connect, and give the settings that were used."""
        await asyncio.to_thread(self.file.write_text, text)
        await self.rereading.open_session(self.configured.settings)
        return self.opener.seen[-1]


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Start with the first pin."""
    file, opener = tmp_path / "rds-csi.toml", Opener()
    file.write_text(_TEXT.replace("PIN", _PINS[0]))
    (configured,) = parse_appliances(read_file(file)["appliances"])
    return World(file, opener, configured, Rereading(file, configured, opener.open))


async def test_a_changed_pin_is_used_for_the_next_connect(world: World) -> None:
    """And a changed address, user and key; pools stay, since volumes were made by them."""
    await world.rereading.open_session(world.configured.settings)
    assert world.opener.seen == [world.configured.settings]
    changed = _TEXT.replace("PIN", _PINS[1]).replace("2.1", "2.9").replace("csi", "other").replace("/key", "/key2")
    used = await world.write_and_open(changed.replace("raid10", "another"))
    assert (used.host_keys, used.host, used.user, used.key_file) == ((_PINS[1],), "192.0.2.9", "other", Path("/key2"))
    assert used.pools == world.configured.settings.pools


@pytest.mark.parametrize(
    "broken",
    ["", "[appliances", "[appliances]", "appliances = 1", "[appliances.rds]", _TEXT.replace("PIN", "rubbish")],
)
async def test_a_file_that_cannot_be_used_changes_nothing(
    world: World, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    """What it said last goes on, with a word to the operator; and what it says next is taken."""
    caplog.set_level(logging.WARNING)
    await world.write_and_open(_TEXT.replace("PIN", _PINS[1]))
    assert (await world.write_and_open(broken)).host_keys == (_PINS[1],)
    assert "rds is reached as before" in caplog.text
    assert (await world.write_and_open(_TEXT.replace("PIN", _PINS[2]))).host_keys == (_PINS[2],)


async def test_a_file_that_has_gone_changes_nothing(world: World) -> None:
    """As while a mounted folder is replaced."""
    await asyncio.to_thread(world.file.unlink)
    await world.rereading.open_session(world.configured.settings)
    assert world.opener.seen == [world.configured.settings]


async def test_without_a_file_there_is_nothing_to_read_again(world: World) -> None:
    """As in a driver that is made from values."""
    await Rereading(None, world.configured, world.opener.open).open_session(world.configured.settings)
    assert world.opener.seen == [world.configured.settings]
