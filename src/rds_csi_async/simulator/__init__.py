"""A mock ROSE Data Server that one can really use.

It shares no code with the driver: a line that runs here is a line of RouterOS, as far as that is known.
"""
