"""Scenarios: written dialogues of a subscriber with the menus, played on fresh books against the real engine and compared."""
