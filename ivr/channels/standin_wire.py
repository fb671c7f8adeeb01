"""What the stand-in caller says and reads on the wire: Asterisk 22's words, as they were recorded from it."""

from __future__ import annotations

import re

DEAD = ("GET VARIABLE", "SET VARIABLE", "EXEC", "NOOP", "VERBOSE")
"""Commands that Asterisk carries out for a caller who has hung up."""
COMMANDS = (*DEAD, "ANSWER", "CHANNEL STATUS", "GET DATA", "HANGUP", "STREAM FILE", "WAIT FOR DIGIT")
"""Commands that the stand-in knows."""
INVALID = "510 Invalid or unknown command"
NOT_PERMITTED = "511 Command Not Permitted on a dead channel or intercept routine"
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|((?:[^\s"\\]|\\.)+)')


def usage(name: str) -> str:
    """The reply, of several lines, to a command with wrong arguments."""
    return f"520-Invalid command syntax.  Proper usage follows:\n{name} does not work like this.\n520 End of proper usage."


def parse_command(line: str) -> tuple[str, list[str]]:
    """A command line as its name in capitals ("" where it is unknown) and its arguments, quotes and backslashes resolved."""
    words = [re.sub(r"\\(.)", r"\1", quoted or plain) for quoted, plain in _WORD.findall(line)]
    for name in COMMANDS:
        count = name.count(" ") + 1
        if [word.upper() for word in words[:count]] == name.split():
            return name, words[count:]
    return "", words


def environment(request: str, number: str, line: str, language: str, unique_id: str) -> bytes:
    """What Asterisk says first: the lines of Asterisk 22, in its order. The third argument is there only where `language` is not empty."""
    values = {
        "network": "yes",
        "network_script": "ivr",
        "request": request,
        "channel": "PJSIP/standin-00000001",
        "language": "en",
        "type": "PJSIP",
        "uniqueid": unique_id,
        "version": "22",
        "callerid": line or "unknown",
        "calleridname": "unknown",
        "callingpres": "0",
        "callingani2": "0",
        "callington": "0",
        "callingtns": "0",
        "dnid": number,
        "rdnis": "unknown",
        "context": "ivr",
        "extension": number,
        "priority": "1",
        "enhanced": "0.0",
        "accountcode": "",
        "threadid": "1",
        "arg_1": number,
        "arg_2": line,
    }
    if language:
        values["arg_3"] = language
    return ("".join(f"agi_{name}: {value}\n" for name, value in values.items()) + "\n").encode()
