"""What is known after a link fails."""

from rds_csi_async.domain.errors import CutOffError
from rds_csi_async.routeros.links import ChannelRefusedError, LostError


def test_no_failure_of_a_link_is_final() -> None:
    """A caller that took it for one would forget a volume that may have been made."""
    assert not LostError.outcome_known
    assert not ChannelRefusedError.outcome_known


def test_a_lost_link_cut_a_command_off_and_a_refused_channel_did_not() -> None:
    """What reads may be sent again after the one; whatever there is, after the other."""
    assert issubclass(LostError, CutOffError)
    assert not issubclass(ChannelRefusedError, CutOffError)
