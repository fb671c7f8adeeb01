#!/bin/bash
# setup.sh STEP...
#
# The steps behind `make setup` and `make test`. Each says in a line what it does, does nothing where it is done already, and
# never asks for root: where a system package is wanted it uses apt when it runs as root, and else unpacks it into .cache/ or says what
# stays without it.
#   python     .venv with the locked requirements and the `ivr` command
#   tools      what the tests and checks need beside them
#   voice      espeak-ng and flite, which read aloud what is not shipped
#   voices     those and Festival's Russian voice: all that the shipped prompts are made with
#   asterisk   Asterisk, for calls by telephone
#   prompts    the sound files
#   peers      a browser and a softphone for the tests
set -euo pipefail
cd "$(dirname "$(realpath "$0")")/.."

VENV=.venv
PYTHON=$VENV/bin/python
STAMPS=$VENV/.stamps

say() { echo "setup: $*"; }
fail() { echo "setup: $*" >&2; exit 1; }

# A stamp holds the hash of the file that was installed.
wanted() { sha256sum < "$1" | cut -d' ' -f1; }
done_already() { [ -f "$STAMPS/$1" ] && [ "$(cat "$STAMPS/$1")" = "$2" ]; }
stamp() { mkdir -p "$STAMPS"; echo "$2" > "$STAMPS/$1"; }

install_locked() { # STAMP FILE WORDS
    local hash
    hash=$(wanted "$2")
    done_already "$1" "$hash" && return
    say "installing $3 ($(grep -c '==' "$2") packages of $2)"
    # docopt (of num2words, which only tests ask) has no wheel: it is one file and is built here
    "$PYTHON" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: --no-binary docopt -r "$2" 2> >(grep -v 'Running pip as the' >&2)
    stamp "$1" "$hash"
}

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; }
apt_install() { # PACKAGE...: from the lists at hand, and only where they do not do, from fresh ones
    local log=.cache/apt.log
    mkdir -p .cache
    apt() { DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >> "$log" 2>&1; }
    : > "$log"
    apt install --no-install-recommends "$@" || { apt update && apt install --no-install-recommends "$@"; }
}

python() {
    # A .venv that was copied or moved here still points to where it was made.
    if ! "$PYTHON" -m pip --version > /dev/null 2>&1 || ! grep -qF "$(pwd -P)/$VENV" "$VENV/bin/activate"; then
        local base
        base=$(command -v python3.11 || command -v python3) || fail "python3 is missing (3.11 or newer; Debian: apt install python3 python3-venv)"
        "$base" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || fail "$base is older than Python 3.11"
        say "making $VENV with $("$base" --version)"
        rm -rf "$VENV"
        "$base" -m venv "$VENV" || fail "no virtual environment could be made (Debian: apt install python3-venv)"
    fi
    install_locked requirements requirements.txt "what the product needs"
    # The package itself by a path file, so that no build tool has to be fetched for it.
    local site
    site=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    [ "$(cat "$site/ivr.pth" 2> /dev/null || true)" = "$(pwd -P)" ] || pwd -P > "$site/ivr.pth"
    local launcher
    launcher="#!$(pwd -P)/$PYTHON
import sys

from ivr.cli import main

sys.exit(main())"
    if [ "$(cat "$VENV/bin/ivr" 2> /dev/null || true)" != "$launcher" ]; then
        echo "$launcher" > "$VENV/bin/ivr"
        chmod +x "$VENV/bin/ivr"
    fi
}

tools() { install_locked requirements-dev requirements-dev.txt "what the tests and checks need"; }

# What is shipped needs no voice: these read aloud what is not, as an operator's own menus.
fetch_voice() { # FOLDER PROGRAM PACKAGES WHAT
    [ -f "$1/.unpacked" ] && return
    say "$2 is not here, fetching it (it reads aloud what is not shipped: $4)"
    # shellcheck disable=SC2086  # several packages are several words
    if can_apt && apt_install $3; then return; fi
    # shellcheck disable=SC2086
    AFTER_UNPACK="deploy/debian/own_loader.sh usr/bin/$2" deploy/debian/unpack.sh "$1" bookworm $3 ||
        say "$2 could not be had: only shipped and recorded prompts will sound ($4; install $3, then make setup)"
}

voice() {
    command -v espeak-ng > /dev/null || fetch_voice .cache/debian-espeak espeak-ng espeak-ng "any language"
    command -v flite > /dev/null || fetch_voice .cache/debian-flite flite flite English
}

voices() {
    voice
    [ -d /usr/share/festival/voices/russian/msu_ru_nsh_clunits ] && command -v festival > /dev/null && return
    fetch_voice .cache/debian-festival festival "festival festvox-ru" "Russian, 190 MB"
}

asterisk() {
    "$PYTHON" -c 'import sys; from ivr.telephony.installation import find_installation; sys.exit(find_installation() is None)' && return
    say "Asterisk is not here, fetching it from Debian into .cache/asterisk (about 80 MB, done once)"
    mkdir -p .cache
    if ! AFTER_UNPACK=deploy/debian/slim_asterisk.sh deploy/debian/unpack.sh .cache/asterisk sid asterisk 2> .cache/asterisk.log; then
        say "Asterisk could not be had, so no calls by telephone; the rest works ($(tail -n 1 .cache/asterisk.log); see .cache/asterisk.log)"
    fi
}

prompts() { "$VENV/bin/ivr" prompts build; }

peers() {
    local missing=()
    command -v chromium > /dev/null || command -v google-chrome > /dev/null || missing+=(chromium)
    command -v baresip > /dev/null || missing+=(baresip-core)
    [ ${#missing[@]} = 0 ] && return
    if ! can_apt; then
        say "not here: ${missing[*]}. Their tests are skipped; to have them: apt install ${missing[*]}"
        return
    fi
    say "installing ${missing[*]} for the tests"
    apt_install "${missing[@]}" || say "${missing[*]} could not be installed: $(tail -n 1 .cache/apt.log) (see .cache/apt.log)"
}

for step in "$@"; do
    case $step in
    python | tools | voice | voices | asterisk | prompts | peers) "$step" ;;
    *) fail "no step $step: python, tools, voice, voices, asterisk, prompts or peers" ;;
    esac
done
