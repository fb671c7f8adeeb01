#!/bin/bash
# unpack.sh DEST SUITE PACKAGE...
#
# Puts Debian packages and all they depend on into the folder DEST, without root and without touching the system:
# apt resolves them from SUITE against an empty package database of its own, downloads them, and dpkg-deb takes them apart.
# Done once; the same request again is a no-op, another request replaces the folder. DEST appears whole or not at all.
#
# Needs apt, dpkg-deb, tar and flock, which every Debian has. Settings, all optional:
#   DEBIAN_MIRROR   where to fetch from; otherwise the mirror of the system's own sources
#   DEBIAN_KEYRING  the keys that sign SUITE
#   AFTER_UNPACK    a command that is given the unpacked folder before it takes its final name (it makes it smaller)
# Exit codes: 0 in place, 1 could not be fetched or unpacked, 2 wrong usage.
set -euo pipefail

if [ $# -lt 3 ]; then
    echo "usage: unpack.sh DEST SUITE PACKAGE...   for example: unpack.sh .cache/asterisk sid asterisk" >&2
    exit 2
fi
destination=$(realpath -m "$1")
suite=$2
shift 2
request="$suite $*"
name=$(basename "$destination")
keyring=${DEBIAN_KEYRING:-/usr/share/keyrings/debian-archive-keyring.gpg}
work=$destination.work

say() { echo "$name: $*"; }
fail() { echo "$name: $*" >&2; exit 1; }
in_place() { [ -f "$destination/.unpacked" ] && [ "$(cat "$destination/.unpacked")" = "$request" ]; }

# Cloud images name their mirror in a file of its own (mirror+file:), others by address; the security archive is not a mirror.
system_mirror() {
    { cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null || true; } |
        sed -nE '/^(deb |URIs:)/ s#.*[[:space:]]((https?://[^[:space:]]+/debian/?)|(mirror\+file:[^[:space:]]+/debian\.list))([[:space:]].*)?$#\1#p' |
        head -n 1
}

if in_place; then
    say "already there ($request)"
    exit 0
fi
for tool in apt-get apt-config dpkg-deb tar flock; do
    command -v "$tool" >/dev/null || fail "$tool is missing; only Debian and its relatives can do this"
done
[ -r "$keyring" ] || fail "no Debian keys at $keyring; set DEBIAN_KEYRING"

mkdir -p "$(dirname "$destination")"
exec 9>"$destination.lock"
if ! flock -n 9; then
    say "another run is at it, waiting"
    flock 9
fi
if in_place; then
    say "already there ($request)"
    exit 0
fi

# Left over from a run that was cut off: the downloads would be good, but a half-written list is not worth the doubt.
rm -rf "$work"
trap 'rm -rf "$work"' EXIT
mkdir -p "$work"/{state/lists/partial,cache/archives/partial,parts,tree}
: > "$work/status"
mirror=${DEBIAN_MIRROR:-$(system_mirror)}
[ -n "$mirror" ] || { echo "$name: no Debian mirror in the apt sources; name one in DEBIAN_MIRROR" >&2; exit 1; }
# The release file of an unstable suite may be past its date on a mirror.
echo "deb [signed-by=$keyring check-valid-until=no] $mirror $suite main" > "$work/sources.list"
{
    # Of the system's settings only those about fetching count (a proxy, say); its pins, hooks and lists stay out.
    apt-config dump | grep -E '^Acquire::(http|https|ForceIPv4|ForceIPv6)' || true
    cat <<SETTINGS
Dir::State "$work/state";
Dir::State::status "$work/status";
Dir::Cache "$work/cache";
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "$work/parts";
Dir::Etc::parts "$work/parts";
Dir::Etc::main "-";
Dir::Etc::preferences "-";
Dir::Etc::preferencesparts "$work/parts";
Dir::Log "$work";
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Acquire::Retries "3";
APT::Update::Error-Mode "any";
Debug::NoLocking "true";
SETTINGS
} > "$work/apt.conf"

# apt's own words are shown only when it fails.
quietly() { "$@" > "$work/log" 2>&1 || { tail -n 15 "$work/log" >&2; fail "$failure"; }; }
export APT_CONFIG=$work/apt.conf LC_ALL=C

say "reading the package list of $suite"
failure="the package list of $suite could not be had from $mirror"
quietly apt-get -q update
say "downloading $*"
failure="$* could not be downloaded"
quietly apt-get -q -y --download-only install "$@"
packages=("$work"/cache/archives/*.deb)
[ -e "${packages[0]}" ] || fail "apt found nothing to download for $*"
say "unpacking ${#packages[@]} packages, $(du -sm "$work/cache/archives" | cut -f1) MB"
for package in "${packages[@]}"; do
    # --keep-directory-symlink: /lib is a link to usr/lib in one package and a folder in another.
    dpkg-deb --fsys-tarfile "$package" | tar -x -C "$work/tree" --no-same-owner --keep-directory-symlink \
        --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./dev/*' ||
        fail "$(basename "$package") could not be unpacked"
done
if [ -n "${AFTER_UNPACK:-}" ]; then
    $AFTER_UNPACK "$work/tree" || fail "$AFTER_UNPACK failed"
fi
echo "$request" > "$work/tree/.unpacked"
rm -rf "$destination"
mv "$work/tree" "$destination"
say "ready, $(du -sm "$destination" | cut -f1) MB"
