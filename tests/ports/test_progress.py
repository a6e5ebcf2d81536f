"""Who takes no step for too long is told of, and forgiven when the next one comes."""

from rds_csi_async.ports.progress import Progress


def test_a_stall_is_told_until_the_next_step() -> None:
    """The longest that is allowed is still allowed; the time counts from the start."""
    now_s = 100.0
    progress = Progress("the scanner", 60, lambda: now_s)
    now_s = 160.0
    assert progress.find_stall() is None
    now_s = 161.0
    assert progress.find_stall() == "the scanner has not got on for 61 s"
    progress.step()
    assert progress.find_stall() is None
    now_s = 222.0
    assert progress.find_stall() == "the scanner has not got on for 61 s"
