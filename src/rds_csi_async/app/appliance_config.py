"""The `[appliances.<key>]` tables of the settings, understood. Only processes that talk to appliances load this."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rds_csi_async.app.config import SettingsError
from rds_csi_async.domain.identifiers import is_appliance_key
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.routeros.credentials import parse_pins
from rds_csi_async.routeros.settings import ApplianceSettings

APPLIANCE_KEYS = {
    "address": str, "port": int, "user": str, "key_file": str, "password_file": str, "host_keys": list,
    "host_key_file": str, "nvme_address": str, "nvme_port": int, "nvme_port_count": int, "pools": dict,
}  # fmt: skip
_PORTS = ("port", "nvme_port")
POOL_KEYS = {"slot": str, "fs_uuid": str, "folder": str, "reserve_bytes": int}


@dataclass(frozen=True, slots=True)
class ConfiguredAppliance:
    """One appliance: how to talk to it, and where nodes find its volumes."""

    key: str
    settings: ApplianceSettings
    nvme_address: str


def parse_appliances(tables: Mapping[str, Any]) -> list[ConfiguredAppliance]:
    """Read all tables.

    Raises:
        SettingsError: a table cannot be used; the message names the key.

    """
    return [_parse_appliance(key, table) for key, table in tables.items()]


def _parse_appliance(key: str, table: Any) -> ConfiguredAppliance:  # noqa: ANN401 - whatever the file holds
    name = f"appliances.{key}"
    if not is_appliance_key(key):
        message = f"[{name}]: a key is lower-case letters, digits and '-', at most 32, and never changes"
        raise SettingsError(message)
    _check(name, table, APPLIANCE_KEYS, ("address", "user", "pools"))
    host_keys = tuple(table.get("host_keys", ()))
    if not (host_keys or "host_key_file" in table) or not ("key_file" in table or "password_file" in table):
        message = f"[{name}] needs host_keys (or host_key_file) and key_file (or password_file)"
        raise SettingsError(message)
    _check_pins(name, host_keys)
    first, count = table.get("nvme_port", 4420), table.get("nvme_port_count", 1)
    if count < 1 or not _is_port(first + count - 1):
        message = f"[{name}]: {count} from {first} on, nvme_port_count and nvme_port, are no ports"
        raise SettingsError(message)
    settings = ApplianceSettings(
        host=table["address"],
        user=table["user"],
        host_keys=host_keys,
        host_key_file=_path(table, "host_key_file"),
        pools=tuple(_parse_pool(f"{name}.pools.{pool}", pool, one) for pool, one in table["pools"].items()),
        port=table.get("port", 22),
        key_file=_path(table, "key_file"),
        password_file=_path(table, "password_file"),
        nvme_port=first,
        nvme_port_count=count,
    )
    return ConfiguredAppliance(key, settings, _address(name, table.get("nvme_address", table["address"])))


def _parse_pool(name: str, pool: str, table: Any) -> PoolSettings:  # noqa: ANN401 - whatever the file holds
    _check(name, table, POOL_KEYS, ("slot", "fs_uuid"))
    return PoolSettings(pool, **table)


def _check(
    name: str,
    table: Any,  # noqa: ANN401 - whatever the file holds
    known: Mapping[str, type],
    needed: tuple[str, ...],
) -> None:
    if not isinstance(table, dict):
        message = f"[{name}] is no table"
        raise SettingsError(message)
    problems = [f"unknown key {key!r}" for key in table if key not in known]
    problems += [f"{key!r} is missing" for key in needed if not table.get(key)]
    problems += [
        f"{key!r} is no {known[key].__name__}" for key in table if key in known and type(table[key]) is not known[key]
    ]
    problems += [f"{key!r} is no port" for key in _PORTS if type(table.get(key)) is int and not _is_port(table[key])]
    host_keys = table.get("host_keys")
    if isinstance(host_keys, list) and not all(isinstance(each, str) for each in host_keys):
        problems.append("'host_keys' has what is no text")
    if type(table.get("reserve_bytes")) is int and table["reserve_bytes"] < 0:
        problems.append("'reserve_bytes' is negative")
    if problems:
        message = f"[{name}]: {'; '.join(problems)}"
        raise SettingsError(message)


def _is_port(number: int) -> bool:
    return 0 < number < 1 << 16


def _path(table: Mapping[str, Any], key: str) -> Path | None:
    return Path(table[key]) if key in table else None


def _check_pins(name: str, host_keys: tuple[str, ...]) -> None:
    """Refuse what the settings themselves say wrongly; what files hold can change, and is looked at when it is used."""
    try:
        if host_keys:
            parse_pins(host_keys)
    except ValueError as error:
        message = f"[{name}]: host_keys: {error}"
        raise SettingsError(message) from error


def _address(name: str, text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as error:
        message = f"[{name}]: nvme_address {text!r} has to be an IP address: the kernel takes no host names"
        raise SettingsError(message) from error
