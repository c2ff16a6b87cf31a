#!/usr/bin/env bash
# demo: makes demo.mp3, 16 bars of synthesised chords that loop without a seam.
#
# A bar lasts 2.4 s and the loop 38.4 s: 1,600 MP3 frames at 48 kHz, so the loop ends where a frame does. Without a bit
# reservoir every frame stands alone. Two loops and a bit are encoded and one is cut out of the middle, so that the
# encoder met at its end what stands at its beginning.
set -euo pipefail
cd "$(dirname "$0")"

long=$(mktemp)
trap 'rm -f "$long"' EXIT

# Registers: 0 the bar of eight, 1 the time in it, 2 the time in an eighth note, 3 the eighth's number, 4 the chord's
# root as a MIDI note, 5 its third, 6 its seventh or sixth: Cmaj7 Am7 Fmaj7 G6 Em7 Am7 Dm7 G6.
chord='st(0,mod(floor(t/2.4),8));st(1,mod(t,2.4));st(2,mod(t,0.3));st(3,floor(ld(1)/0.3));
st(4,48*eq(ld(0),0)+45*eq(ld(0),1)+41*eq(ld(0),2)+43*eq(ld(0),3)+40*eq(ld(0),4)+45*eq(ld(0),5)+38*eq(ld(0),6)+43*eq(ld(0),7));
st(5,3+eq(ld(0),0)+eq(ld(0),2)+eq(ld(0),3)+eq(ld(0),7));st(6,10+eq(ld(0),0)+eq(ld(0),2)-eq(ld(0),3)-eq(ld(0),7));'
# Register 7: the eighth's note, up the chord and down again; 8: its phase.
note='st(7,ld(4)+12+(eq(ld(3),1)+eq(ld(3),7))*ld(5)+(eq(ld(3),2)+eq(ld(3),6))*7
+(eq(ld(3),3)+eq(ld(3),5))*ld(6)+eq(ld(3),4)*(12+ld(5)));st(8,2*PI*440*pow(2,(ld(7)-69)/12)*ld(2));'
pluck='min(1,ld(2)/0.006)*min(1,(0.3-ld(2))/0.04)*exp(-5*ld(2))
*(sin(ld(8))+0.35*exp(-6*ld(2))*sin(2*ld(8))+0.15*exp(-12*ld(2))*sin(3*ld(8)))'
# A sine at register 4 plus so many semitones, slightly out of tune on either side.
tone() { printf 'sin(2*PI*440*pow(2,(ld(4)+%s-69)/12)*%s*ld(1))' "$1" "$2"; }
pad() { printf 'pow(sin(PI*ld(1)/2.4),0.7)*(%s+%s+0.8*%s+0.5*%s)' \
    "$(tone 0 "$1")" "$(tone '12+ld(5)' "$1")" "$(tone 7 "$1")" "$(tone '12+ld(6)' "$1")"; }
bass="min(1,ld(1)/0.02)*min(1,(2.4-ld(1))/0.1)*exp(-0.9*ld(1))*$(tone -12 1)"
voice() { printf '%s%s%s*%s+0.07*%s+0.22*%s' "$chord" "$note" "$1" "$pluck" "$(pad "$2")" "$bass" | tr -d '\n'; }

ffmpeg -nostdin -hide_banner -loglevel error -y -bitexact \
    -f lavfi -i "aevalsrc='$(voice 0.30 1.0012)|$(voice 0.24 0.9988)':s=48000:d=78" \
    -af 'aecho=0.9:0.8:450|900:0.32|0.12,lowpass=f=9000,alimiter=limit=0.8:level=0' \
    -c:a libmp3lame -b:a 112k -reservoir 0 -write_xing 0 -id3v2_version 0 -f mp3 "$long"
# A frame has 336 bytes, a loop 537,600.
tail -c +537601 "$long" | head -c 537600 >demo.mp3
