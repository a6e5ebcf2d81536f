"""The tables of the appliances are understood whole, or refused by name."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from rds_csi_async.app.appliance_config import parse_appliances
from rds_csi_async.app.config import SettingsError

_GOOD = """
[rds]
address = "192.0.2.1"
user = "csi"
key_file = "/key"
host_keys = ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"]
[rds.pools.main]
slot = "raid10"
fs_uuid = "u"
reserve_bytes = 5
"""


def _tables(**changes: object) -> dict[str, Any]:
    tables = tomllib.loads(_GOOD)
    tables["rds"].update(changes)
    return tables


def test_a_table_says_how_to_talk_and_where_volumes_are_found() -> None:
    """Addresses, keys and pools arrive where they are needed."""
    (one,) = parse_appliances(_tables(nvme_address="192.0.2.2", nvme_port=4421))
    assert (one.key, one.nvme_address, one.settings.nvme_port) == ("rds", "192.0.2.2", 4421)
    assert (one.settings.host, one.settings.key_file) == ("192.0.2.1", Path("/key"))
    assert [(pool.name, pool.slot, pool.reserve_bytes) for pool in one.settings.pools] == [("main", "raid10", 5)]


def test_host_keys_may_come_from_a_file_which_is_read_when_it_is_used() -> None:
    """One that is not there yet keeps no other appliance from being served."""
    (one,) = parse_appliances(_tables(host_key_file="/nowhere/at/all", host_keys=[]))
    assert (one.settings.host_keys, one.settings.host_key_file) == ((), Path("/nowhere/at/all"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"adress": "x"}, r"\[appliances.rds\]: unknown key 'adress'"),
        ({"address": ""}, "'address' is missing"),
        ({"port": "22"}, "'port' is no int"),
        ({"port": 0}, "'port' is no port"),
        ({"nvme_port": 1 << 16}, "'nvme_port' is no port"),
        ({"nvme_port_count": 0}, "are no ports"),
        ({"nvme_port": 65000, "nvme_port_count": 600}, "are no ports"),
        ({"host_keys": []}, "needs host_keys"),
        ({"host_keys": "SHA256:one"}, "'host_keys' is no list"),
        ({"host_keys": 1}, "'host_keys' is no list"),
        ({"host_keys": [1]}, "'host_keys' has what is no text"),
        ({"pools": {"main": {"slot": "s", "fs_uuid": "u", "reserve_bytes": -1}}}, "'reserve_bytes' is negative"),
        ({"address": "rds.example"}, "has to be an IP address"),
        ({"host_keys": ["SHA256:one"]}, r"\[appliances.rds\]: host_keys: 'SHA256:one' is neither a public key"),
        ({"pools": {"main": {"slot": "s"}}}, r"\[appliances.rds.pools.main\]: 'fs_uuid' is missing"),
        ({"pools": {"main": 1}}, "is no table"),
        ({"pools": {}}, "'pools' is missing"),
    ],
)
def test_what_cannot_be_used_is_named(changes: dict[str, object], said: str) -> None:
    """With the table and the key."""
    with pytest.raises(SettingsError, match=said):
        parse_appliances(_tables(**changes))


def test_a_key_that_could_be_no_part_of_an_id_is_refused() -> None:
    """It is in every volume id for ever."""
    with pytest.raises(SettingsError, match="a key is lower-case letters"):
        parse_appliances({"Rds:1": _tables()["rds"]})
