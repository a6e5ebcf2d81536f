"""Secrets are never printed, and the rest always is."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.csi import wire
from rds_csi_async.observability.redaction import HIDDEN, is_secret, redact

SECRET = "hunter2}'"  # noqa: S105  # what must not be found


@dataclass
class Request:
    """Stands for a CSI message."""

    name: str
    secrets: dict[str, str]


@dataclass
class Outer:
    """Stands for a message in a message."""

    requests: list[Request] = field(default_factory=list)


class Opaque:
    """Stands for what prints its insides without being a dataclass."""

    def __str__(self) -> str:
        """Tell too much."""
        return f"Opaque(password={SECRET})"


@pytest.mark.parametrize(
    "name",
    [
        "secrets",
        "Secrets",
        "node_stage_secrets",
        "secret",
        "password",
        "ssh_password",
        "privateKey",
        "private-key",
        "token",
    ],
)
def test_secret_names_are_known(name: str) -> None:
    """However they are spelled."""
    assert is_secret(name)
    assert redact({name: SECRET}) == {name: HIDDEN}


@pytest.mark.parametrize("name", ["starting_token", "node-stage-secret-name", "key", "tokens_used", "volume_id"])
def test_other_names_are_not(name: str) -> None:
    """A page's token or a Secret's name is what one looks for in a log."""
    assert not is_secret(name)
    assert redact({name: "shown"}) == {name: "shown"}


HIDING: list[Callable[[], object]] = [
    lambda: Request("pvc", {"password": SECRET}),
    lambda: Outer([Request("pvc", {"any": SECRET})]),
    lambda: {"deep": [{"down": ({"secrets": SECRET},)}]},
    lambda: f"got {Request('pvc', {'any': SECRET})!r}",
    lambda: str({"secrets": {"any": SECRET}}),
    lambda: ValueError(f"cannot read {Request('pvc', {'any': SECRET})}"),
    lambda: RuntimeError("login(user=a, password=hunter2)"),
    lambda: "login {'user': 'a', 'password': 'hunter2'}",
    SECRET.encode,
    Opaque,
]


@pytest.mark.parametrize("make", HIDING)
def test_a_secret_never_comes_out(make: Callable[[], object]) -> None:
    """From messages, from mappings at any depth, from texts that print them, from bytes and from chatty objects."""
    assert "hunter2" not in str(redact(make()))


def test_the_rest_of_a_message_is_shown() -> None:
    """Field by field, so that a log can be searched."""
    assert redact(Outer([Request("pvc", {})])) == {"requests": [{"name": "pvc", "secrets": HIDDEN}]}
    assert redact("name='pvc', secrets={}, more") == "name='pvc', secrets={}, more"


def test_reading_a_message_changes_nothing_in_it() -> None:
    """A real message keeps its unset fields unset, and they are not shown; its secrets are hidden."""
    message = wire.ControllerPublishVolumeRequest(volume_id="one", secrets={"any": SECRET})
    before = dict(vars(message))
    shown = redact(message)
    assert isinstance(shown, dict)
    assert (shown["volume_id"], shown["secrets"]) == ("one", HIDDEN)
    assert "volume_capability" not in shown
    assert vars(message) == before


def test_only_the_set_member_of_a_choice_is_shown() -> None:
    """Reading another one would raise."""
    shown = redact(wire.VolumeCapability(mount=wire.VolumeCapabilityMountVolume(fs_type="ext4")))
    assert isinstance(shown, dict)
    assert "block" not in shown
    assert "ext4" in str(shown["mount"])


def test_values_of_our_own_are_told_by_field() -> None:
    """Slots or none."""

    @dataclass(frozen=True, slots=True)
    class Slotted:
        size_bytes: int
        token: str

    assert redact(Slotted(1, SECRET)) == {"size_bytes": 1, "token": HIDDEN}


def test_what_never_ends_is_cut() -> None:
    """A value that holds itself does not hang the log."""
    loop: list[object] = []
    loop.append(loop)
    assert "..." in str(redact(loop))


def test_common_objects_are_told_by_their_text() -> None:
    """Paths, times and errors read as one expects."""
    assert redact(PurePosixPath("/dev/nvme0n1")) == "/dev/nvme0n1"
    assert redact(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02 00:00:00+00:00"
    assert redact(OSError("gone")) == "OSError: gone"


def test_sentences_about_secrets_are_no_secrets() -> None:
    """They say what to do, and where a page begins."""
    for text in ("its key or password: both are refused", "starting_token=abc", "password_file=/etc/x"):
        assert redact(text) == text


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("ab{}=:"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(PLAIN)
def test_plain_values_without_secrets_stay_as_they_are(value: object) -> None:
    """Nothing is changed that need not be, numbers included."""
    plain = redact(value)
    if "..." not in str(plain):
        assert plain == value
