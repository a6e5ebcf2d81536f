"""Operations at random against an appliance on which things go wrong, every answer held against what is really so."""
