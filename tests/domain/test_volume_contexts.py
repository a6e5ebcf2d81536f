"""What a volume's nodes are told of it, for as long as it lives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rds_csi_async.domain.errors import InvalidRequestError
from rds_csi_async.domain.making import MAKE_KEYS, MakeOptions
from rds_csi_async.domain.session_options import SESSION_KEYS, SessionOptions
from rds_csi_async.domain.volume_contexts import (
    VolumeContext,
    decode_volume_context,
    encode_volume_context,
    find_foreign_key,
)

KEYS = {"claim", *MAKE_KEYS, *SESSION_KEYS}
KUBERNETES = {"storage.kubernetes.io/csiProvisionerIdentity": "x", "csi.storage.k8s.io/pod.name": "y"}


@pytest.mark.parametrize("claim", ["", "home/photos", "a/b", "kube-system/data-db-0.x"])
def test_what_is_written_is_read(claim: str) -> None:
    """And what Kubernetes adds is no trouble."""
    texts = encode_volume_context(VolumeContext(claim))
    assert decode_volume_context({**texts, **KUBERNETES}) == VolumeContext(claim)


def test_how_its_connection_is_kept_is_told() -> None:
    """As it was said when the volume was made."""
    context = VolumeContext(session=SessionOptions(io_queues=2, ctrl_loss_timeout_s=-1))
    texts = encode_volume_context(context)
    assert texts == {"ioQueues": "2", "ctrlLossTimeoutSeconds": "-1"}
    assert decode_volume_context({**texts, **KUBERNETES}) == context
    with pytest.raises(InvalidRequestError, match="ioQueues"):
        decode_volume_context({"ioQueues": "1000"})


def test_how_its_file_system_is_made_is_told() -> None:
    """To the node, which makes it; a value that was changed is refused."""
    context = VolumeContext("home/photos", MakeOptions(reflink=False, discard=True))
    texts = encode_volume_context(context)
    assert texts == {"claim": "home/photos", "reflink": "false", "discard": "true"}
    assert decode_volume_context({**texts, **KUBERNETES}) == context
    with pytest.raises(InvalidRequestError, match="reflink"):
        decode_volume_context({"reflink": "0; rm"})


@given(st.text())
def test_a_name_that_kubernetes_cannot_give_is_left_out(claim: str) -> None:
    """Whoever is no Kubernetes may call his claims as he likes; the node reads what was written in any case."""
    assert decode_volume_context(encode_volume_context(VolumeContext(claim))).claim in {claim, ""}


@pytest.mark.parametrize("claim", ["", "photos", "/photos", "home/", "Home/photos", "home/photos/x", "home/ph otos\n"])
def test_a_claim_that_was_changed_is_refused(claim: str) -> None:
    """It is not guessed who was meant."""
    with pytest.raises(InvalidRequestError, match="claim"):
        decode_volume_context({"claim": claim})


@given(
    st.text().filter(lambda key: not key.partition("/")[0].endswith(("k8s.io", "kubernetes.io")) and key not in KEYS)
)
def test_what_somebody_else_adds_is_found(key: str) -> None:
    """And named."""
    assert find_foreign_key({**KUBERNETES, key: ""}) == key


@pytest.mark.parametrize("key", ["k8s.io", "evilk8s.io/x", "k8s.io.example.com/x", "Claim"])
def test_a_likeness_is_no_name_of_kubernetes(key: str) -> None:
    """Only its own domains are."""
    with pytest.raises(InvalidRequestError, match="never puts there"):
        decode_volume_context({key: ""})
