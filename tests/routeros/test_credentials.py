"""A pin is a key or a fingerprint, several at a time, and anything else is an error that quotes it."""

from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.routeros.credentials import Credentials, parse_pins, read_credentials
from tests.routeros.examples import SETTINGS

KEYS = [asyncssh.generate_private_key(kind) for kind in ("ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256")]
PUBLIC = [key.export_public_key().decode().strip() for key in KEYS]
FINGERPRINTS = [key.get_fingerprint() for key in KEYS]


@pytest.mark.parametrize("place", range(len(KEYS)))
def test_a_key_pins_by_its_fingerprint(place: int) -> None:
    """As a `.pub` file has it, as ssh-keyscan prints it, or the fingerprint itself; OpenSSH's way of working it out."""
    kind, body = PUBLIC[place].split()[:2]
    forms = [PUBLIC[place], f"{kind} {body} somebody@somewhere", f"  192.0.2.1 {kind} {body}", FINGERPRINTS[place]]
    assert parse_pins(forms) == {FINGERPRINTS[place]}


def test_several_keys_are_trusted_while_they_change() -> None:
    """Empty lines and remarks between them say nothing."""
    assert parse_pins(["# old", PUBLIC[0], "", "# new", FINGERPRINTS[1], "  "]) == set(FINGERPRINTS[:2])


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("rubbish", "neither a public key"),
        ("SHA256:short", "neither a public key"),
        ("MD5:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99", "neither a public key"),
        (PUBLIC[0].split()[1], "neither a public key"),
        ("ssh-ed25519", "neither a public key"),
        ("ssh-ed25519 AAAA", "damaged, or cut short"),
        ("ssh-ed25519 !", "damaged, or cut short"),
        (PUBLIC[0].replace("ssh-ed25519", "ssh-rsa"), "damaged, or cut short"),
    ],
)
def test_what_is_no_pin_is_quoted(line: str, said: str) -> None:
    """Even among good ones: a line that was meant to be trusted, or not any more, is not passed over."""
    with pytest.raises(ValueError, match=said):
        parse_pins([PUBLIC[1], line])


@given(st.lists(st.text()))
def test_any_lines_are_pins_or_an_error(lines: list[str]) -> None:
    """And never trust in something without a fingerprint."""
    try:
        pins = parse_pins(lines)
    except ValueError:
        return
    assert pins
    assert all(pin.startswith("SHA256:") for pin in pins)


@pytest.mark.parametrize("lines", [[], ["", "# none"]])
def test_no_pin_is_no_trust(lines: list[str]) -> None:
    """Rather than trust in whoever answers."""
    with pytest.raises(ValueError, match="no host key is pinned"):
        parse_pins(lines)


def test_files_are_read_anew_each_time(tmp_path: Path) -> None:
    """With what they hold now."""
    pins, key, password = (tmp_path / name for name in ("pins", "key", "password"))
    settings = replace(SETTINGS, host_keys=(FINGERPRINTS[0],), host_key_file=pins, key_file=key, password_file=password)
    for version, place in (("one", 1), ("two", 2)):
        pins.write_text(f"{PUBLIC[place]}\n")
        key.write_text(f"key {version}\n")
        password.write_text(f" secret {version} \r\n")
        expected = frozenset({FINGERPRINTS[0], FINGERPRINTS[place]})
        assert read_credentials(settings) == Credentials(expected, f"key {version}\n", f" secret {version} ")


def test_a_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Though other keys are pinned."""
    with pytest.raises(OSError, match="nothing"):
        read_credentials(replace(SETTINGS, host_keys=(FINGERPRINTS[0],), host_key_file=tmp_path / "nothing"))
