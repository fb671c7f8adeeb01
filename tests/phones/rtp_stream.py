"""The sound of one call (RFC 3550) and its keys (RFC 4733): a packet of 20 ms in each direction, in real time."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import select
import socket
import struct
import threading
import time
from collections import deque

import numpy as np
from numpy.typing import NDArray

from tests.phones import g711

FRAME = 160  # samples in 20 ms
KEYS = "0123456789*#"

_ALAW = 8
_TELEPHONE_EVENT = 101
# Quieter than this is no speech: A-law's own silence is 8, comfort noise about 30.
_AUDIBLE = 100
# A packet that comes further than this from where the running stream would have it starts a new stretch.
_DRIFT = 0.1 * g711.RATE
# Seconds by which a frame may be late before the machine, not the network, is to blame; a key cuts a prompt for about 0.1.
_HELD_UP = 0.14


class RtpStream:
    """Sends silence and keys, keeps what is heard. Times are `time.monotonic()` seconds."""

    def __init__(self, host: str) -> None:
        self.started_at = time.monotonic()
        self.first_packet_at: float | None = None
        self.first_audio_at: float | None = None
        self.last_audio_at: float | None = None
        self.heard = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self.port: int = self._socket.getsockname()[1]
        self._peer: tuple[str, int] | None = None
        self._keys: deque[tuple[float, str, float]] = deque()
        self._pending: list[bytes] = []
        self._received: list[tuple[float, int, int, bytes]] = []  # arrival, source, timestamp, A-law
        self._latest = 0.0
        self._stopped = threading.Event()
        self._source = secrets.randbits(32)
        self._sequence = secrets.randbits(15)
        self._timestamp = secrets.randbits(30)
        self._thread: threading.Thread | None = None

    def start(self, peer: tuple[str, int]) -> None:
        """Begins to send to `peer`; the recording's time starts here. A second call only changes the peer."""
        self._peer = peer
        if self._thread is None:
            self.started_at = time.monotonic()
            self._thread = threading.Thread(target=self._run, name="rtp", daemon=True)
            self._thread.start()

    def press(self, keys: str, at: float | None, length: float) -> None:
        """Queues keys, `at` seconds after the start (None: now), each held for `length` seconds, 60 ms apart."""
        if not keys or set(keys) - set(KEYS):
            raise ValueError(f"not keys of a telephone: {keys!r}")
        for key in keys:
            self._keys.append((at or 0.0, key, length))

    def stop(self) -> None:
        """Ends both directions; what was recorded stays."""
        self._stopped.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1.0)
        self._socket.close()

    def disturbed(self) -> bool:
        """Whether the machine held up this phone or who sent to it, so that what was heard has holes that nobody meant.

        Told by time alone, never by what was said: our own frames were late, or within speech a packet came late or its timestamp jumped. A
        pause that is meant is no such jump: within a file there is none, and between two the next begins at once or after a wait of seconds.
        """
        late = self._latest > _HELD_UP
        for before, after in itertools.pairwise(list(self._received)):
            arrival = after[0] - before[0] - 0.02
            stamp = ((after[2] - before[2] + 2**31) % 2**32 - 2**31) / g711.RATE - 0.02
            late = late or (before[1] == after[1] and (_HELD_UP < stamp < 0.6 or (stamp < 0.02 and arrival > _HELD_UP)))
        return late

    def recording(self) -> NDArray[np.int16]:
        """What was heard since the start, gaps as silence, up to the last packet."""
        packets = list(self._received)
        places: list[tuple[int, bytes]] = []
        anchor: tuple[int, int, int] | None = None  # source, timestamp, place of a stretch's first packet
        for arrival, source, timestamp, sound in packets:
            by_arrival = max(0, round((arrival - self.started_at) * g711.RATE))
            place = by_arrival
            if anchor is not None and anchor[0] == source:
                # Within a stretch the sender's own time counts: the network's jitter is not in the sound.
                place = anchor[2] + (timestamp - anchor[1] + 2**31) % 2**32 - 2**31
            if anchor is None or anchor[0] != source or abs(place - by_arrival) > _DRIFT:
                place = by_arrival
                anchor = (source, timestamp, place)
            if place >= 0:
                places.append((place, sound))
        out = np.zeros(max((place + len(sound) for place, sound in places), default=0), dtype=np.int16)
        for place, sound in places:
            out[place : place + len(sound)] = g711.decode(sound)
        return out

    def _run(self) -> None:
        following = time.monotonic()
        while not self._stopped.is_set():
            now = time.monotonic()
            if now >= following:
                self._latest = max(self._latest, now - following)
                following += 0.02
                self._send_frame(now)
                continue
            try:
                readable, _, _ = select.select([self._socket], [], [], following - now)
                if readable:
                    self._receive(self._socket.recv(2048))
            except OSError:  # the peer's port is closed (ICMP), or ours is
                continue

    def _send_frame(self, now: float) -> None:
        if not self._pending and self._keys and now - self.started_at >= self._keys[0][0]:
            _, key, length = self._keys.popleft()
            self._pending = self._key_packets(key, max(2, round(length / 0.02)))
        silence = bytes([g711.SILENCE]) * FRAME
        packet = self._pending.pop(0) if self._pending else self._header(_ALAW, self._timestamp) + silence
        self._timestamp += FRAME
        if self._peer is not None:
            with contextlib.suppress(OSError):
                self._socket.sendto(packet, self._peer)

    def _key_packets(self, key: str, frames: int) -> list[bytes]:
        """Every packet of one key bears the time of its start; the last is sent three times, as one may get lost."""
        event, start = KEYS.index(key), self._timestamp
        packets = []
        for number in range(1, frames + 3):
            end = 0x80 if number >= frames else 0
            body = struct.pack("!BBH", event, end | 10, min(number, frames) * FRAME)
            packets.append(self._header(_TELEPHONE_EVENT, start, marker=number == 1) + body)
        silence = [self._header(_ALAW, start + (frames + 2 + n) * FRAME) + bytes([g711.SILENCE]) * FRAME for n in range(3)]
        return packets + silence

    def _header(self, kind: int, timestamp: int, marker: bool = False) -> bytes:
        self._sequence = (self._sequence + 1) % 2**16
        return struct.pack("!BBHII", 0x80, kind | (0x80 if marker else 0), self._sequence, timestamp % 2**32, self._source)

    def _receive(self, packet: bytes) -> None:
        now = time.monotonic()
        if len(packet) <= 12 or packet[1] & 0x7F != _ALAW:
            return
        self.first_packet_at = self.first_packet_at or now
        _, _, _, timestamp, source = struct.unpack("!BBHII", packet[:12])
        sound = packet[12:]
        self._received.append((now, source, timestamp, sound))
        if np.abs(g711.decode(sound).astype(np.int32)).max() > _AUDIBLE:
            self.first_audio_at = self.first_audio_at or now
            self.last_audio_at = now
            self.heard.set()
