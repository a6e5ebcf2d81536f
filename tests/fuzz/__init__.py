"""Whatever an appliance prints is a value or a named error: what is thrown at the decoders, and what was found so."""
