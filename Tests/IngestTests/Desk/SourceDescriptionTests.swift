// SourceDescriptionTests: the same programme in every dialect.

import Ingest
import Testing

@Suite("SourceDescription")
struct SourceDescriptionTests {
    private func description(_ headers: [String: String]) -> SourceDescription {
        SourceDescription { headers["\($0)"] }
    }

    @Test("Icecast, SHOUTcast and X-AUDIOCAST say the same thing", arguments: ["ice", "icy", "x-audiocast"])
    func dialects(prefix: String) {
        let description = self.description([
            "\(prefix)-name": "N", "\(prefix)-description": "D", "\(prefix)-genre": "G", "\(prefix)-url": "U",
            prefix == "icy" ? "icy-pub" : "\(prefix)-public": "1",
            prefix == "icy" ? "icy-br" : "\(prefix)-bitrate": "128",
        ])
        #expect(description.name == "N" && description.description == "D" && description.genre == "G")
        #expect(description.url == "U" && description.isPublic && description.bitrate == 128)
    }

    @Test("the bit rate is found at the end of a key in ice-audio-info, as libshout and as butt write it")
    func audioInfo() {
        let values = [
            ("bitrate=128;samplerate=44100;channels=2", 128),
            ("ice-bitrate=96;ice-channels=2;ice-samplerate=44100", 96),
            ("samplerate=44100; BitRate=64 ", 64),
            ("channels=2", nil),
            ("bitrate=;bitrate", nil),
            ("bitrate=0", nil),
            ("bitrate=99999999999999999999999", nil),
        ]
        for (info, bitrate) in values {
            #expect(self.description(["ice-audio-info": info]).bitrate == bitrate, "\(info)")
        }
    }

    @Test("a bit rate header counts before ice-audio-info, unless it has no number")
    func bitrateOrder() {
        #expect(self.description(["ice-bitrate": "320kbps", "ice-audio-info": "bitrate=1"]).bitrate == 320)
        #expect(self.description(["icy-br": "128,128"]).bitrate == 128)
        #expect(self.description(["ice-bitrate": "Quality 4", "ice-audio-info": "bitrate=1"]).bitrate == 1)
    }

    @Test("what is empty or absent is not said, and nothing is public unless it says 1")
    func absent() {
        #expect(self.description(["ice-name": "", "ice-public": "0"]) == SourceDescription())
        #expect(self.description(["ice-name": "", "icy-name": "x"]).name == "x")
    }
}
