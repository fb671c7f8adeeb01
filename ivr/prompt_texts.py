"""The menus' words as a speaker needs them: each piece that calls say, with the whole wording it stands in and whether it ends it."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.catalog.compile import compile_operator
from ivr.catalog.folders import locales_of
from ivr.catalog.spoken import spoken_words, wordings
from ivr.engine.model import Template
from ivr.engine.render import fixed_words
from ivr.settings import Settings
from ivr.speech.script import Line
