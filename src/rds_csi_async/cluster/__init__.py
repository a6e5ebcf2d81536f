"""The Kubernetes API's edge.

Nothing here decides anything or knows a service; the client library stays in `kubernetes`. It is optional: a driver
without a cluster, or without the library, does all its work.
"""
