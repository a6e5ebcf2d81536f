"""Made by proto/generate.py: change the .proto file, not this."""
