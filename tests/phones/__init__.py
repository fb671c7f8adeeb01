"""Telephones for tests: they dial a real Asterisk, press keys and record what they hear."""
