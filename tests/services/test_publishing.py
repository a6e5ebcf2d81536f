"""The record of who holds a volume is true to who can reach it, at every moment."""

from hypothesis import settings

from tests.services.life_of_a_volume import LifeOfAVolume

TestLifeOfAVolume = LifeOfAVolume.TestCase
TestLifeOfAVolume.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
