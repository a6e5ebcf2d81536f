"""Properties take what suits them and print as their form says."""

import pytest

from rds_csi_async.simulator.failures import Failure
from rds_csi_async.simulator.properties import Form, Property, parse_property, render_property
from rds_csi_async.simulator.values import NOTHING, Value


@pytest.mark.parametrize(
    ("form", "given", "value", "printed"),
    [
        (Form.QUOTED, 'a"\n', 'a"\n', '"a\\"\\n"'), (Form.PLAIN, "a b", "a b", "a b"), (Form.QUOTED, 5, "5", '"5"'),
        (Form.NUMBER, "4420", 4420, "4420"), (Form.COUNT, "1234", 1234, "1 234"), (Form.PERCENT, 8, 8, "8%"),
        (Form.SIZE, "1G", 1 << 30, "1024.0MiB"), (Form.BOOL, "yes", True, "yes"), (Form.BOOL, False, False, "no"),
        (Form.QUOTED, NOTHING, "", '""'),
    ],
)  # fmt: skip
def test_values_and_prints(form: Form, given: Value, value: Value, printed: str) -> None:
    """What goes in, what is kept, what a person sees."""
    prop = Property("x", form)
    assert parse_property(prop, given) == value
    assert render_property(prop, value) == printed


@pytest.mark.parametrize(
    ("prop", "given", "text"),
    [
        (Property("x", Form.NUMBER), "1.5", "invalid value for argument x"),
        (Property("x", Form.SIZE), "big", "invalid value for argument x"),
        (Property("x", Form.BOOL), "maybe", "input does not match any value of x"),
        (Property("x", Form.PLAIN, choices=frozenset({"a"})), "b", "input does not match any value of x"),
    ],
)
def test_refusals(prop: Property, given: Value, text: str) -> None:
    """With the property's name."""
    with pytest.raises(Failure, match=text):
        parse_property(prop, given)
