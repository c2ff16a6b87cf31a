// JSONPlacesTests: the lines on which keys stand.

import Testing

@testable import streammachine

@Suite("JSONPlaces")
struct JSONPlacesTests {
    @Test("a key's line is counted from 1, wherever the key is nested")
    func linesOfNestedKeys() {
        let places = JSONPlaces(
            """
            {
              "port": 8001,
              "hls": { "window": 900,
                "part_duration": 0.96 },
              "streams": {
                "test": { "burst": 10 },
                "demo": {
                  "burst": 5
                }
              }
            }
            """
        )
        #expect(places[["port"]] == 2)
        #expect(places[["hls"]] == 3)
        #expect(places[["hls", "window"]] == 3)
        #expect(places[["hls", "part_duration"]] == 4)
        #expect(places[["streams", "test", "burst"]] == 6)
        #expect(places[["streams", "demo", "burst"]] == 8)
        #expect(places[["burst"]] == nil)
    }

    @Test("what stands in strings is not taken for structure")
    func stringsAreOpaque() {
        let places = JSONPlaces("{\n\"a\": \"} , \\\" { : [\",\n\"b\": \"port\",\n\"c \\\"d\\\"\": 1}")
        #expect(places[["a"]] == 2)
        #expect(places[["b"]] == 3)
        #expect(places[["port"]] == nil)
        #expect(places[["c \"d\""]] == 4)
    }

    @Test("lines that end in CR LF count once")
    func windowsLineEnds() {
        let places = JSONPlaces("{\r\n\"a\": 1,\r\n\"b\": 2\r\n}")
        #expect(places[["a"]] == 2)
        #expect(places[["b"]] == 3)
    }

    @Test("keys behind an array are found")
    func keysBehindArrays() {
        let places = JSONPlaces("{\n\"a\": [1, {\"x\": 2}, [\"y\"]],\n\"b\": {\n\"c\": 3}\n}")
        #expect(places[["a"]] == 2)
        #expect(places[["b"]] == 3)
        #expect(places[["b", "c"]] == 4)
    }
}
