#!/usr/bin/env python3
# make.py: writes the golden playlists of this directory from the rules, sharing nothing with the server's renderer.
#
# Run it in this directory: python3 make.py. Times come from datetime and durations from exact fractions.

import datetime
import decimal
import fractions
import pathlib

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def seconds(samples, rate):
    exact = fractions.Fraction(samples, rate)
    decimal.getcontext().prec = 40
    value = decimal.Decimal(exact.numerator) / decimal.Decimal(exact.denominator)
    return str(value.quantize(decimal.Decimal("0.00001"), rounding=decimal.ROUND_HALF_UP))


def date(milliseconds):
    moment = EPOCH + datetime.timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def media(name, first_slot, segment, part, rate, frame, count, prefix, ext, dseq, tagged=(), independent=False):
    target = int(decimal.Decimal(segment + 128).scaleb(-3).quantize(0, rounding=decimal.ROUND_HALF_UP))
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", f"#EXT-X-TARGETDURATION:{target}",
             f"#EXT-X-MEDIA-SEQUENCE:{first_slot}", f"#EXT-X-DISCONTINUITY-SEQUENCE:{dseq}"]
    if independent:
        lines.append("#EXT-X-INDEPENDENT-SEGMENTS")
    # Frame n begins n * frame samples after the first sample at or after the first slot's edge.
    anchor = -(-first_slot * segment * rate // 1000)

    def first_frame(slot):
        return -(-(-(-slot * segment * rate // 1000) - anchor) // frame)

    for slot in range(first_slot, first_slot + count):
        begin, end = first_frame(slot), first_frame(slot + 1)
        if slot - first_slot in tagged:
            lines.append("#EXT-X-DISCONTINUITY")
        lines.append("#EXT-X-PROGRAM-DATE-TIME:" + date((anchor + begin * frame) * 1000 // rate))
        lines.append(f"#EXTINF:{seconds((end - begin) * frame, rate)},")
        lines.append(f"{prefix}{segment}-{part}/{slot}.{ext}")
    pathlib.Path(name).write_text("\n".join(lines) + "\n")


def multivariant(name, variants):
    lines = ["#EXTM3U", "#EXT-X-VERSION:3"]
    for uri, peak, average, codecs in variants:
        lines.append(f'#EXT-X-STREAM-INF:BANDWIDTH={peak},AVERAGE-BANDWIDTH={average},CODECS="{codecs}"')
        lines.append(uri)
    pathlib.Path(name).write_text("\n".join(lines) + "\n")


SLOT = 310_972_500
media("aac-48000-ts.m3u8", SLOT, 5760, 960, 48000, 1024, 4, "test/ts/", "ts", 7, independent=True)
media("mp3-44100-packed.m3u8", SLOT, 5760, 960, 44100, 1152, 4, "", "mp3", 0)
media("aac-44100-packed-2s.m3u8", 895_600_803, 2000, 500, 44100, 1024, 12, "x/packed/", "aac", 3, independent=True)
# The first segment is discontinuous and its sequence number is 5: the header counts only the four before it.
media("mp3-48000-discontinuous.m3u8", SLOT, 5760, 960, 48000, 1152, 4, "", "ts", 4, tagged={0})
multivariant("ladder.m3u8", [
    ("main/live.m3u8", 131072, 128500, "mp4a.40.2"),
    ("low/live.m3u8", 49000, 48100, "mp4a.40.5"),
    ("old/ts/live.m3u8", 140001, 133337, "mp4a.40.34"),
])
