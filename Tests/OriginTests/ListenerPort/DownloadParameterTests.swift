// DownloadParameterTests: the stretch of time that a download asks for.

import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct DownloadParameterTests {
    private static let now = Timestamp(milliseconds: 1_795_000_000_000)

    private func parameter(_ query: String) throws -> DownloadParameter? {
        try DownloadParameter(try Station.parse("GET /test?\(query)").query(plusIsSpace: false))
    }

    private func failure(_ query: String) throws -> String? {
        do {
            _ = try self.parameter(query)
            return nil
        } catch let failure as TimeParameter.Failure {
            return failure.message
        }
    }

    @Test("from and to are moments, in every form that a timestamp has; without to it is up to now")
    func between() throws {
        let from = Timestamp(milliseconds: 1_794_999_000_000)
        let to = Timestamp(milliseconds: 1_794_999_600_500)
        let expected = DownloadParameter.between(from, to)
        for query in [
            "from=\(from.rfc3339)&to=\(to.rfc3339)", "from=1794999000&to=1794999600.5",
            "to=1794999600500&from=1794999000000",
        ] {
            #expect(try self.parameter(query) == expected)
        }
        #expect(try self.parameter("from=1794999000") == .between(from, nil))
        let moments = expected.moments(at: Self.now)
        #expect(moments.from == from && moments.to == to)
        #expect(DownloadParameter.between(from, nil).moments(at: Self.now).to == nil)
    }

    @Test("pump is seconds of audio, up to now or from so many seconds behind it")
    func pump() throws {
        #expect(try self.parameter("pump=60") == .pump(60_000, behind: 60_000))
        #expect(try self.parameter("pump=10m&from=1h") == .pump(600_000, behind: 3_600_000))
        #expect(try self.parameter("pump=1.5&from=0") == .pump(1_500, behind: 0))
        let moments = DownloadParameter.pump(600_000, behind: 3_600_000).moments(at: Self.now)
        #expect(moments.from == Self.now.advanced(byMilliseconds: -3_600_000))
        #expect(moments.to == Self.now.advanced(byMilliseconds: -3_000_000))
    }

    @Test("without any of them it is no download")
    func none() throws {
        for query in ["", "offset=60", "timestamp=1794999000", "pumpe=5"] {
            #expect(try self.parameter(query) == nil)
        }
    }

    @Test(
        "what cannot be read is refused by its name",
        arguments: [
            ("pump=", "pump"), ("pump=0", "pump"), ("pump=-5", "pump"), ("pump=x", "pump"), ("pump=0s", "pump"),
            ("pump=1000000000000000", "pump"), ("pump=60&from=x", "from"),
            ("pump=60&from=2026-10-05T09:00:00Z", "from"),
            ("from=", "from"), ("from=10m", "from"), ("from=yesterday", "from"), ("from=-5", "from"),
            ("from=2026-10-05T09:00:00", "from"), ("from=1794999000&to=", "to"), ("from=1794999000&to=soon", "to"),
            ("to=1794999000", "to needs from"), ("from=99999999999999999999", "from"),
        ]
    )
    func nonsense(query: String, name: String) throws {
        let message = try #require(try self.failure(query))
        #expect(message.contains(name))
        #expect(message.contains("such as") || message.contains("needs"))
    }

    @Test(
        "the largest numbers that can be written are moments like others, and overflow nothing",
        arguments: [
            "pump=999999999999999&from=999999999999999", "pump=999999999999999", "pump=1&from=999999999999999",
            "pump=999999999999999.999&from=0", "pump=999999999d&from=999999999d23h",
            "pump=999999999d999999999h999999999m",
            "from=0&to=253402300799999", "from=0001-01-01T00:00:00Z&to=9999-12-31T23:59:59.999Z",
        ]
    )
    func huge(query: String) throws {
        let parameter = try #require(try self.parameter(query))
        let moments = parameter.moments(at: Self.now)
        #expect(moments.to.map { $0 > moments.from } ?? true)
    }
}
