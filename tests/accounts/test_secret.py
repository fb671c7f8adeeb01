"""A Secret never shows itself by accident."""

from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import traceback

import pytest

from ivr.engine.values import Secret, pack, unpack

WORDS = "correct horse"


@dataclasses.dataclass
class Holder:
    password: Secret


def test_printing_and_formatting() -> None:
    secret = Secret(WORDS)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r}", f"{secret:>40}", "%s %r" % (secret, secret), "{}".format(secret)]  # noqa: UP031, UP032
    shown += [repr([secret]), repr({"p": secret}), repr(Holder(secret)), str(dataclasses.replace(Holder(secret)))]
    assert all(WORDS not in text for text in shown)
    assert secret.reveal() == WORDS


def test_logging(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("ivr").info("password %s %r", Secret(WORDS), Holder(Secret(WORDS)))
        try:
            raise ValueError(Secret(WORDS))
        except ValueError:
            logging.getLogger("ivr").exception("failed")
            assert WORDS not in traceback.format_exc()
    assert "***" in caplog.text and WORDS not in caplog.text


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_nothing_writes_it_down(protocol: int) -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(WORDS), protocol)
    with pytest.raises(TypeError):
        json.dumps({"password": Secret(WORDS)})
    assert WORDS not in json.dumps({"password": Secret(WORDS)}, default=str)
    assert WORDS not in json.dumps(pack(Secret(WORDS))) and unpack(pack(Secret(WORDS))) is None
    with pytest.raises(TypeError):
        copy.deepcopy(Secret(WORDS))


def test_comparing() -> None:
    assert Secret(WORDS) == Secret(WORDS) and Secret(WORDS) != Secret("x") and Secret(WORDS) != WORDS
    with pytest.raises(TypeError):
        hash(Secret(WORDS))
    with pytest.raises(TypeError):
        len(Secret(WORDS))
    assert Secret("")
