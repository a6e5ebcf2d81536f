"""A picture of processes that run, over HTTP; one that is down is shown as that."""

import asyncio
import io
import os
import signal

import pytest
from rich.console import Console

from rds_csi_async.app.cli import main
from rds_csi_async.app.config import SettingsError
from rds_csi_async.app.top import TopOptions, Watch, render_url, run_top
from rds_csi_async.observability.health import Health
from rds_csi_async.observability.http import Request, Response, create_app, serve
from rds_csi_async.observability.metrics import Metrics
from tests.app.ready import until

HOST = "127.0.0.1"
DOWN = "127.0.0.1:1"  # whom nobody may take


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("10.0.0.1:9809", "http://10.0.0.1:9809/metrics"),
        ("[fd00::1]:9809", "http://[fd00::1]:9809/metrics"),
        ("node-1", "http://node-1/metrics"),
        ("http://a:1/", "http://a:1/metrics"),
        ("https://a/api/v1/proxy/metrics", "https://a/api/v1/proxy/metrics"),
    ],
)
def test_an_address_means_its_metrics(address: str, url: str) -> None:
    """Unless it says otherwise."""
    assert render_url(address) == url


@pytest.mark.parametrize("address", ["", "a:b", "a:99999", "a:0", "ftp://a/x", "http://", "[fd00::1:9809"])
def test_what_is_no_address_is_said(address: str) -> None:
    """At the start, and not as a process that is down."""
    with pytest.raises(SettingsError, match="neither host:port nor"):
        render_url(address)


async def test_one_picture_for_scripts() -> None:
    """Its exit status tells whether every process answered."""
    metrics, shown = Metrics("1.2"), io.StringIO()
    metrics.record_grpc("/csi.v1.Node/NodeStageVolume", "OK", 0.2)
    async with serve(create_app(metrics, Health()), HOST, 0) as port:
        up = f"{HOST}:{port}"
        assert await run_top(TopOptions([up], once=True), Console(file=shown)) == 0
        assert await run_top(TopOptions([up, DOWN], once=True), Console(file=shown)) == 1
    text = shown.getvalue()
    assert "NodeStageVolume" in text
    assert f"{DOWN}  " in text
    assert "Connection refused" in text
    assert "\x1b" not in text


async def test_what_was_counted_of_late_is_what_came_since_a_look() -> None:
    """The first look has nothing to compare with; what is down in between is no new begin."""
    metrics = Metrics()
    metrics.record_orphan_cleaned()
    app = create_app(metrics, Health())
    async with serve(app, HOST, 0) as port:
        watch = Watch(f"{HOST}:{port}")
        assert (await watch.look()).recent is None
        metrics.record_orphan_cleaned()
        recent = (await watch.look()).recent
        assert recent is not None
        assert recent.find_sum("rds_csi_orphans_cleaned_total") == 1
    assert (await watch.look()).samples is None
    async with serve(create_app(metrics, Health()), HOST, port):
        metrics.record_orphan_cleaned()
        recent = (await watch.look()).recent
        assert recent is not None
        assert recent.find_sum("rds_csi_orphans_cleaned_total") == 2


@pytest.mark.parametrize("text", ["", "node_load1 0.5\n"])
async def test_another_programs_metrics_are_no_driver_that_is_up(text: str) -> None:
    """Nor is an empty page: all numbers would be 0, and all well."""

    async def answer(_: Request) -> Response:
        return Response(text=text)

    app = create_app(Metrics(), Health())
    app.router.add_get("/other", answer)
    async with serve(app, HOST, 0) as port:
        look = await Watch(f"http://{HOST}:{port}/other").look()
    assert look.samples is None
    assert "no driver of this kind" in look.reason


async def test_on_a_terminal_it_goes_on_until_it_is_told_to_end() -> None:
    """Anew after each interval; and the terminal is left as it was."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=100, height=30)
    async with serve(create_app(Metrics(), Health()), HOST, 0) as port:

        async def end_it() -> None:
            await until(lambda: shown.getvalue().count("PROCESS") > 2)
            os.kill(os.getpid(), signal.SIGINT)

        options = TopOptions([f"{HOST}:{port}"], interval_s=0.01)
        status, _ = await asyncio.gather(run_top(options, console), end_it())
    assert status == 0
    assert "of the last" in shown.getvalue()
    assert shown.getvalue().endswith("\x1b[?25h\x1b[?1049l")  # the cursor, and the screen before


def test_the_command_line_says_what_it_did_not_understand(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback for a slip of the finger, nor for a driver that does not run."""
    assert main(["top", "--once", DOWN]) == 1
    assert "Connection refused" in capsys.readouterr().out
    assert main(["top", "a:b"]) == 2
    for interval in ("0", "nan", "inf"):
        assert main(["top", "--interval", interval]) == 2
        assert f"--interval {interval} is no time" in capsys.readouterr().err
