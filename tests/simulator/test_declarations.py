"""A name is known inside the braces that declare it, and not in a function made there."""

from rds_csi_async.simulator.declarations import Declarations


def test_inner_scopes_see_outer_names_and_functions_do_not() -> None:
    """And a scope's names go with it."""
    names = Declarations()
    with names.scope():
        names.declare("a")
        with names.scope():
            names.declare("b")
            assert names.knows("a")
            with names.function(), names.scope():
                assert not names.knows("a")
        assert not names.knows("b")
