"""Speech: values in words, words in units, units as sound, and whole replies joined from them (docs/speech.md)."""
