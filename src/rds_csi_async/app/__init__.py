"""Settings, wiring, processes and the command line.

Everything meets here and nothing is decided here.
"""
