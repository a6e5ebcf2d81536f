"""What the controller tells the node comes whole and unchanged, or not at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.contexts import PublishContext, decode_publish_context, encode_publish_context
from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.identifiers import Host, Nqn, VolumeId

VOLUME = VolumeId("rds-a", "rds1-aaaaaa-bbbbbbbbbbbbbbbbbbbb")
HOST = Host("nqn.2014-08.org.nvmexpress:uuid:one", "one")
CONTEXT = PublishContext(
    Nqn(VOLUME.slot, 7, "0" * 16), "192.0.2.1", 4420, 1 << 30, HOST, first_use=True, sole_node=True
)
TEXTS = encode_publish_context(CONTEXT)


@given(
    st.builds(
        PublishContext,
        nqn=st.builds(
            Nqn,
            slot=st.just(VOLUME.slot),
            sequence=st.integers(1, 10**18 - 1),
            mark=st.text("0123456789abcdef", min_size=16, max_size=16),
        ),
        address=st.ip_addresses().map(str),
        port=st.integers(1, 65535),
        size_bytes=st.integers(1, (1 << 63) - 1),
        host=st.just(HOST),
        first_use=st.booleans(),
        sole_node=st.booleans(),
    )
)
def test_what_is_encoded_is_decoded(context: PublishContext) -> None:
    """No context is lost or changed on its way."""
    assert decode_publish_context(encode_publish_context(context), VOLUME, HOST) == context


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("v", "2"),
        ("v", ""),
        ("nqn", "nqn.2014-08.org.nvmexpress:uuid:one"),
        ("nqn", TEXTS["nqn"].replace(".7.", ".8.")),
        ("nqn", TEXTS["nqn"] + "\n"),
        ("sequence", "8"),
        ("sequence", "07"),
        ("address", "rds.example"),
        ("address", "192.0.2.1,traddr=192.0.2.2"),
        ("address", ""),
        ("port", "0"),
        ("port", "65536"),
        ("port", "-1"),
        ("port", "4420 "),
        ("port", "٤٤٢٠"),
        ("sizeBytes", "0"),
        ("sizeBytes", str(1 << 63)),
        ("sizeBytes", "1e9"),
        ("firstUse", "True"),
        ("firstUse", ""),
        ("soleNode", "yes"),
        ("hostNqn", "nqn.2014-08.org.nvmexpress:uuid:two"),
        ("hostId", "two"),
    ],
)
def test_a_changed_value_is_refused(key: str, text: str) -> None:
    """Whoever changed it, the node does not connect anywhere because of it."""
    assert TEXTS[key] != text
    with pytest.raises(InvalidRequestError):
        decode_publish_context({**TEXTS, key: text}, VOLUME, HOST)


@pytest.mark.parametrize("key", sorted(TEXTS))
def test_a_missing_key_is_refused(key: str) -> None:
    """There are no defaults: an older controller has another version."""
    with pytest.raises(InvalidRequestError):
        decode_publish_context({name: text for name, text in TEXTS.items() if name != key}, VOLUME, HOST)


def test_a_key_too_many_is_refused() -> None:
    """Something was meant by it that this driver would not do."""
    with pytest.raises(InvalidRequestError, match="extra"):
        decode_publish_context({**TEXTS, "extra": "1"}, VOLUME, HOST)


def test_another_volumes_context_is_refused() -> None:
    """It would attach the wrong device."""
    other = VolumeId("rds-a", "rds1-aaaaaa-cccccccccccccccccccc")
    with pytest.raises(InvalidRequestError, match=other.slot):
        decode_publish_context(TEXTS, other, HOST)


def test_another_nodes_context_is_refused() -> None:
    """The holder in the record would be the wrong one."""
    with pytest.raises(InvalidRequestError, match="uuid:two"):
        decode_publish_context(TEXTS, VOLUME, Host("nqn.2014-08.org.nvmexpress:uuid:two", "two"))
