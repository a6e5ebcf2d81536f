"""Refusals have the appliance's words."""

from collections.abc import Callable

import pytest

from rds_csi_async.simulator.failures import Failure, refuse_argument, refuse_choice, refuse_missing


@pytest.mark.parametrize(
    ("refuse", "text"),
    [
        (refuse_argument, "invalid value for argument x"),
        (refuse_choice, "input does not match any value of x"),
        (refuse_missing, "missing value(s) of argument(s) x"),
    ],
)
def test_texts(refuse: Callable[[str], object], text: str) -> None:
    """Without the tail, which the command adds."""
    with pytest.raises(Failure) as refused:
        refuse("x")
    assert str(refused.value) == text
