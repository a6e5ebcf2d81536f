"""Every answer is true and nothing is left behind, whatever goes wrong: a seeded run compares both with the truth."""
