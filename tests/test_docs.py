"""What a person can set is written down, with what it is when it is not set."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import pytest

from rds_csi_async.app.appliance_config import APPLIANCE_KEYS, POOL_KEYS
from rds_csi_async.app.cli import main
from rds_csi_async.app.config import scalar_fields
from rds_csi_async.domain.assumptions import ASSUMPTIONS
from rds_csi_async.domain.pools import PoolSettings
from rds_csi_async.host.nvme_cli import NvmeSettings
from rds_csi_async.routeros.scratch import render_clear

_DOCS = Path(__file__).parent.parent / "docs"


def _tables() -> list[dict[str, str]]:
    """Give each table of the settings' page: key to default."""
    sections = re.split(r"^\| --- .*$", (_DOCS / "settings.md").read_text(), flags=re.MULTILINE)[1:]
    rows = [
        [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")] for section in sections
    ]
    return [{cells[0].strip(" `"): cells[-1].strip(" `") for cells in table if "`" in cells[0]} for table in rows]


def _flags(command: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Give the flags that a command says it has."""
    with pytest.raises(SystemExit):
        main([command, "--help"])
    return sorted(set(re.findall(r"--[a-z-]+", capsys.readouterr().out)) - {"--help"})


def test_every_setting_is_documented_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    """Table by table, in the order of the code."""
    wanted = [
        list(scalar_fields()),
        [key for key in APPLIANCE_KEYS if key != "pools"],
        list(POOL_KEYS),
        [field.name for field in fields(NvmeSettings)],
        *(_flags(command, capsys) for command in ("simulate", "public-key")),
    ]
    assert [sorted(table) for table in _tables()] == [sorted(keys) for keys in wanted]


def test_documented_defaults_are_those_of_the_code() -> None:
    """Where the code has one that can be written as it is."""
    scalars, _, pools, nvme, simulate, _ = _tables()
    assert (simulate["--listen"], simulate["--port"], simulate["--pool"]) == ("127.0.0.1", "2222", "pool1=btrfs:64G")
    given = [
        *((scalars, name, one.default) for name, one in scalar_fields().items() if one.default != ""),
        *((pools, field.name, field.default) for field in fields(PoolSettings) if field.default is not MISSING),
        *((nvme, field.name, field.default) for field in fields(NvmeSettings) if field.default is not None),
    ]
    assert [(name, table[name]) for table, name, _ in given] == [(name, str(value)) for _, name, value in given]


def test_the_doctors_page_shows_each_assumption() -> None:
    """Its table is of a run of this very list, and its line takes away what such a run makes."""
    page = (_DOCS / "doctor.md").read_text()
    shown = re.findall(r"^(?:held|did not hold|not tried) +(\S+)", page, flags=re.MULTILINE)
    assert shown == [each.key for each in ASSUMPTIONS]
    assert ";".join(render_clear("0123456789", has_subvolumes=True)) in page
