"""The AGI parser and encoder: no sockets here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivr.channels.agi_protocol import (
    COMMAND_BYTES,
    ENVIRONMENT_BYTES,
    AgiArgumentError,
    AgiParser,
    AgiPeerError,
    AgiReply,
    Environment,
    HangUpNotice,
    encode_command,
)
from ivr.channels.standin_wire import parse_command

CALL = b"agi_network: yes\nagi_uniqueid: 1.1\nagi_accountcode: \nagi_arg_1: 2112\nagi_arg_2: \n\n"
USAGE = (
    b"520-Invalid command syntax.  Proper usage follows:\nSend the file.\nIt sets:\n    <value>FAILED</value>\n520 End of proper usage.\n"
)


LONG_REPLIES = [b"200 result=1 (" + b"x" * 20_000, b"520-a\n" + b"usage\n" * 4_000]
UNSENDABLE = ["a\nHANGUP", "a\r", "\x00", "a\x7f", "a\x85b", "a\u2028b", "\ud800", "x" * 10_000, "ə" * (COMMAND_BYTES // 2)]


def started() -> AgiParser:
    parser = AgiParser()
    parser.feed(CALL)
    return parser


def test_an_environment_is_read() -> None:
    (environment,) = AgiParser().feed(CALL)
    assert isinstance(environment, Environment)
    assert environment.get("uniqueid") == "1.1"
    assert environment.argument(1) == "2112"
    assert environment.argument(2) == ""
    assert environment.argument(3) is None


def test_unknown_is_no_value() -> None:
    (environment,) = AgiParser().feed(b"agi_dnid: unknown\n\n")
    assert isinstance(environment, Environment) and environment.get("dnid") == ""


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        (b"200 result=0", AgiReply(200, 0)),
        (b"200 result=49 endpos=5760", AgiReply(200, 49, "", 5760)),
        (b"200 result=-1 endpos=0", AgiReply(200, -1, "", 0)),
        (b"200 result=1 (123)", AgiReply(200, 1, "123")),
        (b"200 result=1 ()", AgiReply(200, 1, "")),
        (b'200 result=1 (a"b\\c (d) e)', AgiReply(200, 1, 'a"b\\c (d) e')),
        (b"200 result=1 (speech) endpos=1234", AgiReply(200, 1, "speech", 1234)),
        (b"200 result= (timeout)", AgiReply(200, None, "timeout")),
        (b"510 Invalid or unknown command", AgiReply(510)),
        (b"511 Command Not Permitted on a dead channel or intercept routine", AgiReply(511)),
        (b"520 Invalid command syntax.  Proper usage not available.", AgiReply(520)),
    ],
)
def test_replies_as_asterisk_22_sends_them(line: bytes, reply: AgiReply) -> None:
    assert started().feed(line + b"\n") == [reply]


def test_usage_of_several_lines_is_one_reply() -> None:
    assert started().feed(USAGE + b"200 result=1\n") == [AgiReply(520), AgiReply(200, 1)]


def test_a_hang_up_comes_at_any_time() -> None:
    assert started().feed(b"HANGUP\n511 Command Not Permitted\n") == [HangUpNotice(), AgiReply(511)]


def test_trying_is_no_answer() -> None:
    assert started().feed(b"100 result=0 Trying...\n200 result=0\n") == [AgiReply(200, 0)]


@given(st.lists(st.integers(1, 40), max_size=30))
def test_packets_may_be_cut_anywhere(sizes: list[int]) -> None:
    stream = CALL + b"200 result=1 (12)\nHANGUP\n" + USAGE + b"511 dead\n"
    whole = AgiParser().feed(stream)
    parser, events = AgiParser(), []
    for size in [*sizes, len(stream)]:
        events += parser.feed(stream[:size])
        stream = stream[size:]
    assert events == whole


@pytest.mark.parametrize(
    "rubbish",
    [
        b"GET / HTTP/1.1\n",
        b"\x16\x03\x01\x02\x00\n",
        b"agi_network: yes\r\n",
        b"agi_a: 1\nagi_a: 2\n",
        b"agi_calleridname: a\x1bb\n",
        b"agi_calleridname: a\x85b\n",
        b"x" * (ENVIRONMENT_BYTES + 1),
        b"".join(b"agi_arg_%d: 1\n" % number for number in range(200)),
    ],
)
def test_rubbish_instead_of_an_environment(rubbish: bytes) -> None:
    with pytest.raises(AgiPeerError):
        AgiParser().feed(rubbish)


def test_ten_thousand_characters_of_environment_and_no_more_than_the_limit() -> None:
    (environment,) = AgiParser().feed(b"agi_calleridname: " + b"x" * 10_000 + b"\n\n")
    assert isinstance(environment, Environment) and len(environment.get("calleridname")) == 10_000
    with pytest.raises(AgiPeerError):
        AgiParser().feed(b"agi_calleridname: " + b"x" * 20_000 + b"\n\n")


@pytest.mark.parametrize(
    "rubbish", [*LONG_REPLIES, b"hello\n", b"200\n", b"200 OK\n", b"\n", b"200 result=1 (" + b"x" * 20_000, b"520-a\n" + b"usage\n" * 4_000]
)
def test_rubbish_instead_of_a_reply(rubbish: bytes) -> None:
    with pytest.raises(AgiPeerError):
        started().feed(rubbish)


@pytest.mark.parametrize(("raw", "name"), [("Gülnarə".encode(), "Gülnarə"), ("Gül".encode("latin-1"), "Gül"), (b"\xe2\x98", "â\x98")])
def test_encodings_of_names(raw: bytes, name: str) -> None:
    if "\x98" in name:
        with pytest.raises(AgiPeerError):
            AgiParser().feed(b"agi_calleridname: " + raw + b"\n\n")
        return
    (environment,) = AgiParser().feed(b"agi_calleridname: " + raw + b"\n\n")
    assert isinstance(environment, Environment) and environment.get("calleridname") == name


def test_arguments_are_quoted_and_escaped() -> None:
    assert encode_command("STREAM FILE", "a b", "") == b'STREAM FILE "a b" ""\n'
    assert encode_command("SET VARIABLE", "X", 'say "hi" \\ (bye)') == b'SET VARIABLE "X" "say \\"hi\\" \\\\ (bye)"\n'
    assert encode_command("WAIT FOR DIGIT", 300) == b'WAIT FOR DIGIT "300"\n'


@pytest.mark.parametrize("argument", UNSENDABLE)
def test_arguments_that_are_never_sent(argument: str) -> None:
    with pytest.raises(AgiArgumentError) as raised:
        encode_command("SET VARIABLE", "X", argument)
    assert argument not in str(raised.value)


@pytest.mark.parametrize("name", ["", "hangup", "NOOP\nHANGUP", "EXEC Dial x"])
def test_names_that_are_no_commands(name: str) -> None:
    with pytest.raises(AgiArgumentError):
        encode_command(name)


@given(st.lists(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=20), max_size=5))
def test_what_is_written_is_read(arguments: list[str]) -> None:
    assert parse_command(encode_command("EXEC", *arguments).decode().rstrip("\n")) == ("EXEC", arguments)
