"""The operator's edge: metrics, their exposition formats, health and logs.

Only `metrics` may know aioprometheus and only `http` aiohttp; what is written out is worked out without an event loop.
"""
