"""What a StorageClass says of making file systems is understood or refused, and comes to the node as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.capabilities import SMALLEST_BYTES, AccessMode, Capability
from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.making import (
    MAKE_KEYS,
    PLAIN,
    MakeOptions,
    encode_make_options,
    ensure_fitting,
    parse_make_options,
    with_discard,
)

ONE = AccessMode.SINGLE_NODE_WRITER


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, PLAIN),
        ({"other": "x"}, PLAIN),
        ({"bytesPerInode": "65536"}, MakeOptions(bytes_per_inode=65536)),
        ({"reservedPercent": "5"}, MakeOptions(reserved_percent=5)),
        ({"reflink": "false"}, MakeOptions(reflink=False)),
        ({"metadataCopies": "1"}, MakeOptions(metadata_copies=1)),
        ({"discard": "true"}, MakeOptions(discard=True)),
    ],
)
def test_each_is_read(texts: dict[str, str], expected: MakeOptions) -> None:
    """What is not said stays with mkfs."""
    assert parse_make_options(texts) == expected


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *[("bytesPerInode", value) for value in ("", "0", "4095", "67108865", "4k", "-4096", "4096 -F", "\u0664096")],
        *[("reservedPercent", value) for value in ("51", "-1", "5%", "1.5")],
        *[(key, value) for key in ("reflink", "discard") for value in ("", "True", "1", "yes")],
        *[("metadataCopies", value) for value in ("0", "3", "dup")],
    ],
)
def test_a_value_out_of_bounds_is_refused(key: str, value: str) -> None:
    """With what it may be; nothing of it comes near a command."""
    with pytest.raises(InvalidRequestError, match=f"{key} is .* has to be"):
        parse_make_options({key: value})


@given(
    st.builds(
        MakeOptions,
        st.one_of(st.just(0), st.integers(4096, 1 << 26)),
        st.integers(0, 50),
        st.sampled_from([None, True, False]),
        st.integers(0, 2),
        st.booleans(),
    )
)
def test_what_is_written_is_read(options: MakeOptions) -> None:
    """By way of the volume context, which has no more than was said."""
    texts = encode_make_options(options)
    assert parse_make_options(texts) == options
    assert set(texts) <= set(MAKE_KEYS)
    assert encode_make_options(PLAIN) == {}


@pytest.mark.parametrize(
    ("options", "fitting"),
    [
        (PLAIN, set(SMALLEST_BYTES)),
        (MakeOptions(discard=True), set(SMALLEST_BYTES)),
        (MakeOptions(bytes_per_inode=4096), {"ext4"}),
        (MakeOptions(reserved_percent=1), {"ext4"}),
        (MakeOptions(reflink=True), {"xfs"}),
        (MakeOptions(metadata_copies=2), {"btrfs"}),
    ],
)
def test_an_option_of_another_file_system_is_refused(options: MakeOptions, fitting: set[str]) -> None:
    """It would silently do nothing. One StorageClass serves block volumes too, which have no use for any."""
    ensure_fitting(options, [Capability(ONE, None)])
    for file_system in SMALLEST_BYTES:
        if file_system in fitting:
            ensure_fitting(options, [Capability(ONE, file_system)])
        else:
            with pytest.raises(InvalidRequestError, match="is an option of"):
                ensure_fitting(options, [Capability(ONE, None), Capability(ONE, file_system)])


@pytest.mark.parametrize(
    ("file_system", "options", "expected"),
    [
        ("ext4", ("noatime",), ("noatime", "discard")),
        ("xfs", (), ("discard",)),
        ("btrfs", (), ("discard=async",)),
        ("ext4", ("nodiscard",), ("nodiscard",)),
        ("btrfs", ("discard=sync",), ("discard=sync",)),
        (None, (), ()),
    ],
)
def test_discard_is_an_option_of_the_mount(
    file_system: str | None, options: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    """Unless the mount options say themselves."""
    use = Capability(ONE, file_system, options)
    assert with_discard(use, MakeOptions(discard=True)).mount_options == expected
    assert with_discard(use, PLAIN) == use
