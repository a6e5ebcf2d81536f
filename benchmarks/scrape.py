"""How long a scrape holds up the event loop, and what recording costs, against aioprometheus by itself.

    python benchmarks/scrape.py [--rounds N]

Both render the same registry of about 2,000 samples in one run, in turns; times are CPU time of the one thread, so that
noise of the machine does not count. Exits 1 when our scrape holds the loop for more than 20 ms, or for more than half
as long as the library's; or when recording costs more than twice what the library's bare calls do.
"""

import argparse
import asyncio
import statistics
import sys
import time
import timeit
from collections.abc import Awaitable, Callable

from aioprometheus.collectors import Counter, Histogram, Registry
from aioprometheus.renderer import render

from rds_csi_async.observability.definitions import BUCKETS_S
from rds_csi_async.observability.metrics import Metrics

LIMIT_S = 0.020
MOST_HELD = 0.5  # of what the library's rendering holds
MOST_RECORDING = 2.0  # times the library's bare calls
OPENMETRICS = "application/openmetrics-text;version=1.0.0"
METHODS = [f"/csi.v1.Controller/Method{number}" for number in range(60)]
CODES = [f"CODE_{number}" for number in range(17)]
RECORDINGS = 5_000
REPEATS = 12
METHOD = METHODS[0]


def fill() -> Metrics:
    """Make metrics of about 2,000 samples."""
    metrics = Metrics(grpc_methods=METHODS)
    for method in METHODS:
        for code in CODES:
            metrics.record_grpc(method, code, 0.2)
    return metrics


async def measure(scrape: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Return the CPU time of a scrape, and the longest that anything else had to wait for its turn meanwhile."""
    done = False
    longest_s = 0.0

    async def turn() -> None:
        nonlocal longest_s
        while not done:
            before_s = time.thread_time()
            await asyncio.sleep(0)
            longest_s = max(longest_s, time.thread_time() - before_s)

    async def work() -> float:
        nonlocal done
        await asyncio.sleep(0)
        before_s = time.thread_time()
        await scrape()
        done = True
        return time.thread_time() - before_s

    _, took_s = await asyncio.gather(turn(), work())
    return took_s, longest_s


async def compare_scrapes(rounds: int) -> bool:
    """Print one line a way of rendering; tell whether we hold the loop no longer than we may, by medians."""
    metrics = fill()
    registry = metrics._store.registry  # noqa: SLF001 - the same numbers for the library's own rendering

    async def library() -> object:
        return render(registry, [])

    ways: dict[str, Callable[[], Awaitable[object]]] = {
        "aioprometheus, text": library,
        "ours, text": metrics.render,
        "ours, OpenMetrics": lambda: metrics.render(OPENMETRICS),
        "ours, OpenMetrics, gzip": lambda: metrics.render(OPENMETRICS, "gzip"),
    }
    body, _ = await metrics.render()
    samples = sum(not line.startswith(b"#") for line in body.splitlines())
    _print(f"a scrape of {samples} samples, {len(body) // 1024} kB, medians of {rounds}")
    results: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, scrape in ways.items():
            results[name].append(await measure(scrape))
    medians = {
        name: [statistics.median(times) for times in zip(*taken, strict=True)] for name, taken in results.items()
    }
    base_took_s, base_held_s = medians["aioprometheus, text"]
    for name, (took_s, held_s) in medians.items():
        took = f"{took_s * 1e3:6.2f} ms ({took_s / base_took_s:4.2f}x)"
        _print(f"  {name:26} takes {took}, holds the loop {held_s * 1e3:6.2f} ms ({held_s / base_held_s:4.2f}x)")
    worst_s = max(float(held_s) for name, (_, held_s) in medians.items() if name.startswith("ours"))
    return bool(worst_s <= min(LIMIT_S, MOST_HELD * base_held_s))


def compare_recording() -> bool:
    """Print what it costs to record, beside the library's bare calls; tell whether it is no more than it may be."""
    metrics = fill()
    registry = Registry()
    calls = Counter("calls_total", "Calls.", registry=registry)
    seconds = Histogram("call_seconds", "Calls.", registry=registry, buckets=BUCKETS_S)

    def bare() -> None:
        calls.inc({"method": METHOD, "code": "OK"})
        seconds.observe({"method": METHOD}, 0.2)

    pairs: list[tuple[str, Callable[[], object], Callable[[], object]]] = [
        ("a counter", metrics.record_orphan_cleaned, lambda: calls.inc({})),
        ("a counter and a histogram", lambda: metrics.record_grpc(METHOD, "OK", 0.2), bare),
    ]
    _print(f"recording, best of {REPEATS} times {RECORDINGS}, in turns")
    ratios: list[float] = []
    for name, *both in pairs:
        taken = [[timeit.timeit(f, timer=time.thread_time, number=RECORDINGS) for f in both] for _ in range(REPEATS)]
        ours_us, theirs_us = (min(times) / RECORDINGS * 1e6 for times in zip(*taken, strict=True))
        ratios.append(ours_us / theirs_us)
        _print(f"  {name:26} {ours_us:5.2f} µs, bare {theirs_us:5.2f} µs ({ratios[-1]:4.2f}x)")
    return max(ratios) <= MOST_RECORDING


def main() -> int:
    """Run both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    results = [asyncio.run(compare_scrapes(parser.parse_args().rounds)), compare_recording()]
    return int(not all(results))


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main())
