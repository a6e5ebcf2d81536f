"""The orchestrator's edge: CSI over gRPC.

Only here are grpclib and betterproto known. No use case and no decision may enter.
"""
