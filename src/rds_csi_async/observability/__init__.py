"""The operator's edge: metrics, their exposition formats, health and logs.

Only `metrics` may know aioprometheus and only `http` aiohttp. Nothing here decides anything.
"""
