"""What a StorageClass says of connections is understood or refused, and comes to the node as it was said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.session_options import (
    AS_THE_NODE,
    FOR_EVER,
    SESSION_KEYS,
    SessionOptions,
    encode_session_options,
    parse_session_options,
)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ({}, AS_THE_NODE),
        ({"ioQueues": "4"}, SessionOptions(io_queues=4)),
        ({"ctrlLossTimeoutSeconds": "-1"}, SessionOptions(ctrl_loss_timeout_s=FOR_EVER)),
        ({"ctrlLossTimeoutSeconds": "3600"}, SessionOptions(ctrl_loss_timeout_s=3600)),
        ({"reconnectDelaySeconds": "1"}, SessionOptions(reconnect_delay_s=1)),
        ({"keepAliveSeconds": "15"}, SessionOptions(keep_alive_s=15)),
    ],
)
def test_each_is_read(texts: dict[str, str], expected: SessionOptions) -> None:
    """What is not said is the node's choice."""
    assert parse_session_options(texts) == expected


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("ioQueues", ["0", "129", "-1"]),
        ("ctrlLossTimeoutSeconds", ["0", "59", "86401", "-2", "off"]),
        ("reconnectDelaySeconds", ["0", "61"]),
        ("keepAliveSeconds", ["0", "61", "5s"]),
    ],
)
def test_what_would_lose_data_or_a_session_is_refused(key: str, values: list[str]) -> None:
    """With what it may be."""
    for value in values:
        with pytest.raises(InvalidRequestError, match=f"{key} is .* has to be"):
            parse_session_options({key: value})


@given(
    st.builds(
        SessionOptions,
        st.integers(0, 128),
        st.sampled_from([0, FOR_EVER, 60, 86400]),
        st.integers(0, 60),
        st.integers(0, 60),
    )
)
def test_what_is_written_is_read(options: SessionOptions) -> None:
    """By way of the volume context and the state file, which have no more than was said."""
    texts = encode_session_options(options)
    assert parse_session_options(texts) == options
    assert set(texts) <= set(SESSION_KEYS)
