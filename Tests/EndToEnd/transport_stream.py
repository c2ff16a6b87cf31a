"""Demultiplexes MPEG transport streams (ISO/IEC 13818-1) with one audio programme, checking what players rely on."""

from __future__ import annotations

from dataclasses import dataclass, field

PACKET = 188
MPEG1_AUDIO, MPEG2_AUDIO, ADTS, TIMED_ID3 = 0x03, 0x04, 0x0F, 0x15
AUDIO_TYPES = (MPEG1_AUDIO, MPEG2_AUDIO, ADTS)


class TransportStreamError(AssertionError):
    """A transport stream that breaks the standard or a rule of HLS."""


@dataclass(frozen=True, slots=True)
class PesPacket:
    """One elementary stream packet: its presentation time in 90 kHz ticks and its payload."""

    pts: int
    payload: bytes


@dataclass(slots=True)
class TransportStream:
    """What was found: the kind of audio, its packets, and how many transport packets each PID took."""

    audio_type: int = 0
    audio_pid: int = -1
    pes: list[PesPacket] = field(default_factory=list)
    packets_by_pid: dict[int, int] = field(default_factory=dict)

    @property
    def audio(self) -> bytes:
        """The elementary stream, end to end."""
        return b"".join(packet.payload for packet in self.pes)


def demultiplex(data: bytes) -> TransportStream:
    """Reads a segment, or several end to end: the continuity counters must then run through."""
    if len(data) % PACKET or not data:
        raise TransportStreamError(f"{len(data)} bytes are not whole packets")
    reader = _Reader()
    for at in range(0, len(data), PACKET):
        reader.packet(data[at:at + PACKET], at // PACKET)
    return reader.finish()


class _Reader:
    def __init__(self) -> None:
        self.result = TransportStream()
        self.pmt_pid = -1
        self.counters: dict[int, int] = {}
        self.open_pes = bytearray()

    def packet(self, packet: bytes, number: int) -> None:
        if packet[0] != 0x47 or packet[1] & 0x80:
            raise TransportStreamError(f"packet {number} lost sync or is marked as damaged")
        pid = (packet[1] & 0x1F) << 8 | packet[2]
        self.result.packets_by_pid[pid] = self.result.packets_by_pid.get(pid, 0) + 1
        if number == 0 and pid != 0:
            raise TransportStreamError("the first packet is not the PAT")
        payload = self._payload(packet, pid, number)
        is_start = bool(packet[1] & 0x40)
        if pid == 0:
            self._association(payload)
        elif pid == self.pmt_pid:
            self._programme(payload)
        elif pid == self.result.audio_pid:
            self._audio(payload, is_start)

    def _payload(self, packet: bytes, pid: int, number: int) -> bytes:
        control, counter = packet[3] >> 4 & 0x03, packet[3] & 0x0F
        if pid == 0x1FFF or not control & 1:
            return b""
        expected = (self.counters.get(pid, counter - 1) + 1) % 16
        if counter != expected:
            raise TransportStreamError(f"packet {number}, PID {pid}: counter {counter}, expected {expected}")
        self.counters[pid] = counter
        return packet[5 + packet[4]:] if control & 2 else packet[4:]

    def _association(self, payload: bytes) -> None:
        section = _section(payload, table=0x00)
        if len(section) != 12:
            raise TransportStreamError("the PAT does not name exactly one programme")
        self.pmt_pid = (section[10] & 0x1F) << 8 | section[11]

    def _programme(self, payload: bytes) -> None:
        section = _section(payload, table=0x02)
        at = 12 + ((section[10] & 0x0F) << 8 | section[11])
        audio = []
        while at < len(section):
            kind, pid = section[at], (section[at + 1] & 0x1F) << 8 | section[at + 2]
            at += 5 + ((section[at + 3] & 0x0F) << 8 | section[at + 4])
            if kind in AUDIO_TYPES:
                audio.append((kind, pid))
            elif kind != TIMED_ID3:
                raise TransportStreamError(f"unexpected elementary stream of type {kind:#x}")
        if len(audio) != 1 or self.result.audio_pid not in (-1, audio[0][1]):
            raise TransportStreamError(f"one audio stream on one PID was expected: {audio}")
        self.result.audio_type, self.result.audio_pid = audio[0]

    def _audio(self, payload: bytes, is_start: bool) -> None:
        if is_start:
            self._close_pes()
        elif not self.open_pes:
            raise TransportStreamError("audio begins in the middle of a PES packet")
        self.open_pes += payload

    def _close_pes(self) -> None:
        if self.open_pes:
            self.result.pes.append(_pes(bytes(self.open_pes)))
            self.open_pes.clear()

    def finish(self) -> TransportStream:
        self._close_pes()
        if not self.result.pes:
            raise TransportStreamError("no audio in it")
        return self.result


def _section(payload: bytes, table: int) -> bytes:
    """The body of a PSI section that fits its packet, from the table id to before the CRC, which must be right."""
    start = 1 + payload[0]
    length = 3 + ((payload[start + 1] & 0x0F) << 8 | payload[start + 2])
    section = payload[start:start + length]
    if section[0] != table or len(section) != length or _crc32(section) != 0:
        raise TransportStreamError(f"a bad section where table {table} belongs")
    return section[:-4]


def _pes(data: bytes) -> PesPacket:
    if data[:3] != b"\0\0\1" or not 0xC0 <= data[3] <= 0xDF:
        raise TransportStreamError(f"not an audio PES packet: {data[:9].hex(' ')}")
    length, header = int.from_bytes(data[4:6], "big"), 9 + data[8]
    if length and length + 6 != len(data):
        raise TransportStreamError(f"PES length {length}, but {len(data) - 6} bytes came")
    if not data[7] & 0x80:
        raise TransportStreamError("a PES packet without PTS")
    pts = (data[9] >> 1 & 0x07) << 30 | data[10] << 22 | data[11] >> 1 << 15 | data[12] << 7 | data[13] >> 1
    return PesPacket(pts, data[header:])


def _crc32(data: bytes) -> int:
    """CRC-32/MPEG-2; over a section with its CRC it is zero."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)) & 0xFFFFFFFF
    return crc
