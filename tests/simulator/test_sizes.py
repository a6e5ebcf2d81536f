"""Sizes are taken in bytes or with a unit, and printed as hardware prints them."""

import pytest

from rds_csi_async.simulator.sizes import parse_size, render_grouped, render_size


@pytest.mark.parametrize(
    ("text", "size_bytes"),
    [("1073741824", 1 << 30), ("1G", 1 << 30), ("2M", 2 << 20), ("50GiB", 50 << 30), ("1T", 1 << 40), ("1.5G", None),
     ("-1", None), ("", None), ("1P", None)],
)  # fmt: skip
def test_parsing(text: str, size_bytes: int | None) -> None:
    """Units are binary, fractions are none."""
    assert parse_size(text) == size_bytes


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(1 << 30, "1024.0MiB"), (10 << 30, "10.0GiB"), (1 << 40, "1024.0GiB"), (512, "512B"), (1536, "1.5KiB")],
)
def test_rendering_is_lossy(size_bytes: int, text: str) -> None:
    """A unit is left only beyond 1024 of it."""
    assert render_size(size_bytes) == text


def test_digits_are_grouped() -> None:
    """By blanks."""
    assert render_grouped(53687091200) == "53 687 091 200"
