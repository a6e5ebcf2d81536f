"""What is given away says nothing about whose appliance it is, and all about what it answered."""

from dataclasses import replace
from pathlib import Path

import pytest

from rds_csi_async.routeros.syntax import parse_frame
from rds_csi_async.routeros.transcripts import Exchange, names_of, redact, redact_command, render_transcript
from tests.routeros.examples import SETTINGS
from tests.transcripts import read_transcript

PRIVATE = replace(SETTINGS, host="rds.private.example", user="file", pools=(replace(SETTINGS.pools[0], slot="raid10"),))
NAMES = names_of(PRIVATE, ["10.0.7.9"])
REPLY = (
    '{"pool":{"fs-label":"payroll","fs-uuid":"0b0e4c2a-77a5-4f0e-8d3a-1f6f0f4f9a11","mount-point":"raid10",'
    '"serial":"HX1234567","slot":"raid10","type":"file"}}\r\n'
    '{"disk":{"file-path":"/raid10/rdsprobe-0123456789/disk.img","size":"0017"}}\r\n'
    "nov/24 12:00:00 system,info user file logged in from 10.0.7.9 and fe80::1:2 by 4C:5E:0C:12:34:56\r\n"
    "=end 2  0f1e2d3c\r\n"
)
EXCHANGE = Exchange("pools", "show the pools", ':put "raid10";/file/find "10.0.7.9"', REPLY, "0f1e2d3c")


def test_a_case_is_read_as_all_others_are(tmp_path: Path) -> None:
    """By the same loader, and its frame by the same parser."""
    (tmp_path / "fresh.txt").write_text(
        render_transcript(EXCHANGE, "7.24.4 (stable)", "held", NAMES, PRIVATE.user), encoding="utf-8"
    )
    case = read_transcript("fresh", tmp_path)
    assert (case.header["version"], case.header["command"]) == ("7.24.4", "show the pools")
    assert case.header["assumption"] == "pools: held"
    assert case.header["source"].startswith("captured")
    reply = parse_frame(case.reply, "TOKEN")
    assert [next(iter(row)) for row in getattr(reply, "rows", ())] == ["pool", "disk"]


def test_nothing_private_is_left() -> None:
    """Addresses, names, serial numbers, labels, identifiers; in the reply and in the line."""
    text = render_transcript(EXCHANGE, "7.24.4", "held", NAMES, PRIVATE.user)
    for secret in ("raid10", "10.0.7.9", "payroll", "HX1234567", "0b0e4c2a", "fe80", "4C:5E", "user file", "0f1e2d3c"):
        assert secret not in text, secret


def test_the_rest_stays_to_the_letter() -> None:
    """Keys, digits in text, and words that happen to be somebody's name."""
    text = render_transcript(EXCHANGE, "7.24.4", "held", NAMES, PRIVATE.user)
    assert '"file-path":"/pool1/rdsprobe-0123456789/disk.img","size":"0017"' in text
    assert '# line: :put "pool1";/file/find "192.0.2.1"' in text
    assert '"mount-point":"pool1"' in text
    assert '"slot":"pool1","type":"file"' in text


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ('{"a":"192.168.1.1:22"}', '{"a":"192.0.2.1:22"}'),
        ('{"a":"DHHC-1:00:abcd+/=:"}', '{"a":"DHHC-1:redacted"}'),
        ('{"a":"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK"}', '{"a":"ssh-redacted"}'),
        ('{"a":"SHA256:0123456789012345678901234567890123456789012"}', '{"a":"SHA256:redacted"}'),
        ('{"nvme-tcp-server-secret":"x\\"y","b":1}', '{"nvme-tcp-server-secret":"redacted","b":1}'),
        ('{"a":"2001:db8:1:2::7"}', '{"a":"2001:db8::1"}'),
        ('{"version":"7.24.4 (stable)"}', '{"version":"7.24.4 (stable)"}'),
        ('{"time":"01:30:15","use":"8%"}', '{"time":"01:30:15","use":"8%"}'),
        ("raid10 raid10x xraid10 raid10-m0", "pool1 raid10x xraid10 raid10-m0"),
    ],
)
def test_shapes(text: str, clean: str) -> None:
    """Each by its form, or as a whole word."""
    assert redact(text, NAMES) == clean


def test_commands_keep_their_own_words() -> None:
    """Only texts in quotes are anybody's."""
    assert redact_command('/disk/find raid10 slot="raid10"', NAMES) == '/disk/find raid10 slot="pool1"'
