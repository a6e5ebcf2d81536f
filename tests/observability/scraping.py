"""How metrics are served: two formats that say the same, and a loop that goes on turning."""

import asyncio
import gzip
import subprocess

from prometheus_client.parser import text_string_to_metric_families as parse_text

from rds_csi_async.observability.exposition import Format
from rds_csi_async.observability.labels import VALUES_LIMIT
from rds_csi_async.observability.metrics import Metrics
from tests.observability.scrapes import AWKWARD, OPENMETRICS, Samples, fill, parse_openmetrics, samples_of, scrape
from tests.required_tools import find_tool


class Scraping:
    """Part of the tests of `Metrics`."""

    def test_both_formats_say_the_same(self) -> None:
        """Every sample of one is in the other, but for how a bound is spelled."""
        metrics = fill(Metrics("1", ["VolumeStale"], clock=lambda: 20.0))

        def flatten(samples: Samples) -> Samples:
            return {
                (name, frozenset((key, f"{float(value):g}" if key == "le" else value) for key, value in labels)): number
                for (name, labels), number in samples.items()
            }

        text = flatten(samples_of(parse_text(scrape(metrics))))
        assert text == flatten(samples_of(parse_openmetrics(scrape(metrics, Format.OPENMETRICS))))
        assert text["rds_csi_events_posted_total", frozenset({("reason", AWKWARD)})] == 1

    def test_promtool_finds_nothing_to_say(self) -> None:
        """Prometheus' own checker takes it empty and filled."""
        promtool = find_tool("promtool")
        for metrics in (Metrics(), fill(Metrics("1"))):
            done = subprocess.run(  # noqa: S603  # found on PATH, fixed arguments
                [promtool, "check", "metrics"], input=scrape(metrics).encode(), capture_output=True, check=False
            )
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")

    async def test_the_scraper_chooses_format_and_compression(self) -> None:
        """The headers say what the body is, and that it depends on what was asked."""
        metrics = fill(Metrics(clock=lambda: 20.0))
        plain, plain_headers = await metrics.render()
        packed, packed_headers = await metrics.render(OPENMETRICS, "gzip")
        assert plain_headers == {"Content-Type": Format.TEXT.value, "Vary": "Accept, Accept-Encoding"}
        assert packed_headers == {**plain_headers, "Content-Type": Format.OPENMETRICS.value, "Content-Encoding": "gzip"}
        assert gzip.decompress(packed) == (await metrics.render(OPENMETRICS))[0]
        assert len(packed) < len(plain) / 5

    async def test_a_scrape_lets_others_run_and_stays_true_to_itself(self) -> None:
        """Recording goes on between the pieces of a large scrape, and each histogram still adds up."""
        metrics = Metrics(grpc_methods=[f"/csi.v1.Controller/Method{number}" for number in range(VALUES_LIMIT)])
        turns = 0

        async def record_meanwhile() -> None:
            nonlocal turns
            for turns in range(1, 1000):  # counted for the test
                for number in range(VALUES_LIMIT):
                    metrics.record_grpc(f"/csi.v1.Controller/Method{number}", f"CODE_{turns % 10}", 0.2)
                await asyncio.sleep(0)
                if scraped.is_set():
                    return

        scraped = asyncio.Event()

        async def scrape() -> str:
            body, _ = await metrics.render(OPENMETRICS)
            scraped.set()
            return body.decode()

        body, _ = await asyncio.gather(scrape(), record_meanwhile())
        samples = samples_of(parse_openmetrics(body))
        assert turns > 3
        for (name, labels), count in samples.items():
            if name == "rds_csi_grpc_request_duration_seconds_count":
                assert samples["rds_csi_grpc_request_duration_seconds_bucket", labels | {("le", "+Inf")}] == count
