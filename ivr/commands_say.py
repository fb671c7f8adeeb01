"""`ivr say`: the spoken words of a value, or of a value a line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import BinaryIO

from ivr.catalog.speech_rules import NoOperator, rules_in
from ivr.engine.speech_rules import PLAIN, SpeechRules
from ivr.settings import Settings
from ivr.speech import spell
from ivr.speech.parts import SpeechError, suggestion

_SHAPES: Mapping[str, tuple[tuple[str, ...], int]] = {
    "cardinal": (("n", "gender"), 1),
    "ordinal": (("n", "gender", "case"), 1),
    "count": (("n", "unit"), 2),
    "money": (("amount", "currency", "form"), 2),
    "date": (("date", "form"), 1),
    "time": (("time",), 1),
    "span": (("seconds",), 1),
    "duration": (("seconds",), 1),
    "digits": (("digits",), 1),
    "phone_grouped": (("digits",), 1),
    "text": (("text",), 1),
}
"""The input names of a kind's VALUEs in order, and how many of them are needed."""

LONGEST_LINE = 1_000_000
"""Bytes that a line of --jsonl may have; no value that can be said comes near it."""
_CHUNK = 1 << 16

_HELP = """\
kinds and their values:
  cardinal N [m|f|n]                   21; -5; up to 999999999999999 either way; the gender counts in Russian
  ordinal N [m|f|n [genitive]]         first, second ...; from 0 up; the case counts in Russian
  count N UNIT                         megabyte, gigabyte, minute, second, day, hour, month, message
  money AMOUNT CURRENCY [exact]        rounded down to two decimals; exact: all of them, up to six
  date YYYY-MM-DD [until]              until: "tarixinədək", "до ..."; English says the date alone
  time HH:MM                           00:00 to 23:59
  duration SECONDS                     the same as span
  digits DIGITS                        one by one
  phone_grouped NUMBER                 in the groups people say it in; or the groups themselves, each a value
  text WORDS                           as a voice reads it: figures, amounts, * and # in words

examples:
  ivr say ru money 12.34 AZN            ivr say az date 2027-03-05 until
  ivr say en money 0.0236 AZN exact     ivr say ru count 21 minute
  ivr say az phone_grouped 994501110001 ivr say ru ordinal 21000 f
  ivr say en cardinal 101 --operator azercell
  echo '{"lang": "ru", "kind": "cardinal", "input": {"n": 21, "gender": "f"}}' | ivr say --jsonl

With --jsonl every line of standard input is an object with lang, kind and input, whose names are those of the values above in small letters
(n, gender, case, unit, amount, currency, form, date, time, seconds, digits or groups, text), and is answered with exactly one line. A line
that cannot be said is answered "error: line NUMBER: ..." in its place. Exit code 1 where there was any, 2 for wrong usage.
"""


def add_parsers(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `say` to the command line."""
    say = subparsers.add_parser(
        "say",
        help="the spoken words of a value",
        description="The words in which calls speak a number, an amount, a date, a time, a telephone number.",
        epilog=_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    say.add_argument("language", nargs="?", metavar="LANG", help=f"{', '.join(spell.LANGUAGES)}; others by IVR_LANGUAGES")
    say.add_argument("kind", nargs="?", metavar="KIND", help=", ".join(spell.KINDS))
    say.add_argument("value", nargs="*", metavar="VALUE", help="the value, then its unit, currency or form, as below")
    say.add_argument("--jsonl", action="store_true", help="read objects with lang, kind and input from standard input, answer a line each")
    say.add_argument(
        "--operator",
        metavar="NAME",
        help="as this operator's calls say it: the settings and currencies below `speech` of its operator.yaml"
        " (default: IVR_OPERATOR, or the only operator there is)",
    )
    say.set_defaults(run=run_say)


def run_say(args: argparse.Namespace) -> int:
    """`ivr say`: 0, or 1 where something could not be said, 2 for wrong usage."""
    try:
        wrong = _usage(args)
        if wrong:
            print(f"ivr say: {wrong}", file=sys.stderr)
            return 2
        rules = _rules(args.operator)
        if args.jsonl:
            return _say_lines(sys.stdin.buffer, sys.stdout.buffer, rules)
        words = spell.say(args.language, args.kind, _given(args.kind, args.value), rules)
    except NoOperator as error:
        print(f"ivr say: {_line(str(error))}", file=sys.stderr)
        return 2
    except SpeechError as error:
        print(f"error: {_line(str(error))}", file=sys.stderr)
        return 1
    print(words.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8"))
    return 0


def _usage(args: argparse.Namespace) -> str:
    """What is wrong with the way the command is used; empty where nothing is. Raises SpeechError for a language that cannot be loaded."""
    if args.jsonl:
        return "--jsonl takes no values; it reads them from standard input" if args.language is not None else ""
    if args.language is not None and args.language not in spell.LANGUAGES:
        return _line(f"language {args.language!r}: {suggestion(args.language, spell.LANGUAGES)}")
    if args.kind is not None and args.kind not in spell.KINDS:
        return _line(f"kind {args.kind!r}: {suggestion(args.kind, spell.KINDS)}")
    if args.kind is None:
        return "LANG KIND VALUE... or --jsonl; see ivr say --help"
    names, least = _SHAPES[args.kind]
    most = len(args.value) if args.kind in ("phone_grouped", "text") else len(names)
    if not least <= len(args.value) <= most:
        wanted = " ".join(name.upper() if place < least else f"[{name.upper()}]" for place, name in enumerate(names))
        return f"{args.kind} takes {wanted}, not {len(args.value)} value{'' if len(args.value) == 1 else 's'}"
    return ""


def _given(kind: str, values: Sequence[str]) -> Mapping[str, object]:
    """The input object of a kind's VALUEs."""
    if kind == "phone_grouped" and len(values) > 1:
        return {"groups": list(values)}
    if kind == "text":
        return {"text": " ".join(values)}
    return dict(zip(_SHAPES[kind][0], values, strict=False))


def _rules(operator: str | None) -> SpeechRules:
    """The rules of the operator that is meant. Raises NoOperator where there is no such operator, SpeechError where its rules are wrong."""
    settings = Settings.from_environment()
    name = operator or settings.operator
    if name is None:
        found = sorted(path.parent.name for path in settings.menus.glob("*/operator.yaml"))
        if len(found) != 1:
            return PLAIN
        name = found[0]
    rules, faults = rules_in(settings.menus, name)
    if faults:
        raise SpeechError(f"{faults[0]}{f' (and {len(faults) - 1} more; `ivr check` lists them)' if len(faults) > 1 else ''}")
    return rules


def _say_lines(source: BinaryIO, target: BinaryIO, rules: SpeechRules) -> int:
    """A line out for every line in, as soon as it is there."""
    number = failed = 0
    for lines in _batches(source):
        answers = []
        for raw in lines:
            number += 1
            try:
                answers.append(_say_object(raw, rules))
            except SpeechError as error:
                answers.append(_line(f"error: line {number}: {error}"))
                failed += 1
        target.write("\n".join((*answers, "")).encode("utf-8", "backslashreplace"))
        target.flush()
    if failed:
        print(f"ivr say: {failed} of {number} lines could not be said", file=sys.stderr)
    return 1 if failed else 0


def _batches(source: BinaryIO) -> Iterator[list[bytes]]:
    """The lines of `source`, all that are there at once; of one that is too long no more than its beginning."""
    pending = b""
    read = getattr(source, "read1", source.read)
    while chunk := read(_CHUNK):
        *lines, pending = (pending + chunk).split(b"\n")
        if len(pending) > LONGEST_LINE + 1:
            pending = pending[: LONGEST_LINE + 1]
        if lines:
            yield lines
    if pending:
        yield [pending]


_DECODER = json.JSONDecoder(parse_float=Decimal)


def _say_object(raw: bytes, rules: SpeechRules) -> str:
    if len(raw) > LONGEST_LINE:
        raise SpeechError(f"longer than {LONGEST_LINE} bytes")
    try:
        row = _DECODER.decode(raw.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise SpeechError(f"no JSON object: {str(error)[:80]}" if raw.strip() else "an empty line, no JSON object") from error
    if not isinstance(row, dict):
        raise SpeechError("no JSON object with lang, kind and input")
    try:
        language, kind, given = row["lang"], row["kind"], row["input"]
    except KeyError as error:
        raise SpeechError(f"{error} is missing") from None
    return spell.say(language, kind, given, rules)


def _line(text: str) -> str:
    """Text as exactly one line that any terminal takes."""
    return " ".join(text.split()).encode("utf-8", "backslashreplace").decode("utf-8")
