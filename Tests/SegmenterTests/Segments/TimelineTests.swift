// TimelineTests: a source's frames on the station's clock, simulated.

import NIOCore
import Segmenter
import Testing

@Suite struct TimelineTests {
    @Test("every slot from the first on is full: all its parts, consecutive, contiguous in samples")
    func slotsAreFull() {
        var simulation = Simulation(rate: 44_100)
        simulation.play(seconds: 30)
        simulation.idle(seconds: 20)
        simulation.play(seconds: 15)
        var expectedSlot = simulation.published[0].segment.slot
        var expectedPart = 0
        var nextSample = simulation.published[0].segment.firstSample
        for publication in simulation.published {
            #expect(publication.segment.slot == expectedSlot)
            #expect(publication.part.index == expectedPart)
            #expect(publication.segment.firstSample + publication.part.samplesBefore == nextSample)
            let grid = simulation.timeline.grid
            let first = publication.segment.time(afterSamples: publication.part.samplesBefore)
            let edge = grid.edge(ofSlot: expectedSlot, part: expectedPart)
            #expect((0...27).contains(first.millisecondsSince(edge)))
            #expect(publication.completesSegment == (expectedPart == 5))
            nextSample += Int64(publication.part.frameCount) * 1_024
            expectedPart = publication.completesSegment ? 0 : expectedPart + 1
            expectedSlot += publication.completesSegment ? 1 : 0
        }
        #expect(simulation.published.count > 60)
    }

    @Test("a cold start is preceded by four silent slots, and by silence up to its first frame")
    func coldStart() throws {
        var simulation = Simulation()
        let slot = simulation.timeline.grid.slot(at: Timestamp(milliseconds: simulation.now / 1_000))
        simulation.play(seconds: 12)
        #expect(simulation.published.first?.segment.slot == slot - 4)
        #expect(simulation.published.first?.segment.discontinuitySequence == slot - 4)
        #expect(simulation.published.allSatisfy { !$0.segment.isDiscontinuous })
        let silent = simulation.published.prefix(24)
        #expect(silent.allSatisfy { $0.part.firstAudibleFrame() == nil && $0.segment.slot < slot })
        #expect(simulation.heard.first == 0)
        #expect(simulation.heard == Array(0..<simulation.heard.count))
    }

    @Test(
        "an encoder's clock that is 200 ppm off stays within 50 ms of UTC for a day, and no frame is lost",
        arguments: [200.0, -200.0]
    )
    func drift(partsPerMillion: Double) {
        // 8 kHz keeps a simulated day short: a frame is 128 ms.
        var timeline = Timeline(grid: .standard)
        let rate = 8_000 * (1 + partsPerMillion / 1_000_000)
        let begin: Int64 = 1_790_000_000_000_000
        var jitter: UInt64 = 42
        var frames = 0
        var heard = 0
        var worst: Int64 = 0
        let frame = TestAudio.aac(0, rate: 8_000)
        while frames < 24 * 3_600 * 8_000 / 1_024 {
            frames += 8
            jitter = jitter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            // A network adds 0 to 63 ms to the moment at which the encoder has the last sample.
            let captured = begin + Int64(Double(frames) * 1_024 * 1_000_000 / rate)
            let arrival = captured + Int64(jitter >> 58) * 1_000
            for publication in timeline.receive(Array(repeating: frame, count: 8), at: arrival) {
                let silent = publication.part.silences.reduce(0) { $0 + $1.count }
                if heard > 0, publication.part.index == 0 {
                    let truth = begin + Int64(Double(heard) * 1_024 * 1_000_000 / rate)
                    worst = max(worst, abs(publication.segment.start.milliseconds * 1_000 - truth))
                }
                heard += publication.part.frameCount - silent
            }
        }
        #expect(heard > frames - 100)
        #expect(timeline.droppedFrames == 0)
        // Half a frame of it is the silence before the first frame, which comes in whole frames; it is steered away.
        #expect(worst < 50_000 + 64_000)
        #expect(timeline.clockError.magnitude < 50_000)
    }

    @Test("at 48 kHz steering stays within 50 ms from the first slot on", arguments: [200.0, -200.0])
    func driftAt48kHz(partsPerMillion: Double) {
        var timeline = Timeline(grid: .standard)
        let rate = 48_000 * (1 + partsPerMillion / 1_000_000)
        let begin: Int64 = 1_790_000_000_000_000
        let frame = TestAudio.aac(0)
        var frames = 0
        var heard = 0
        var worst: Int64 = 0
        while frames < 2 * 3_600 * 48_000 / 1_024 {
            frames += 12
            let arrival = begin + Int64(Double(frames) * 1_024 * 1_000_000 / rate)
            for publication in timeline.receive(Array(repeating: frame, count: 12), at: arrival) {
                if heard > 0, publication.part.index == 0 {
                    let truth = begin + Int64(Double(heard) * 1_024 * 1_000_000 / rate)
                    worst = max(worst, abs(publication.segment.start.milliseconds * 1_000 - truth))
                }
                heard += publication.part.frameCount - publication.part.silences.reduce(0) { $0 + $1.count }
            }
        }
        #expect(heard > frames - 100)
        #expect(worst < 50_000)
    }

    @Test("a stall of two seconds that the encoder catches up with costs nothing")
    func shortStall() {
        var simulation = Simulation()
        simulation.play(seconds: 20)
        simulation.idle(seconds: 2)
        simulation.deliver(Int(2_000_000 / simulation.frameLength))
        simulation.play(seconds: 20)
        #expect(simulation.heard == Array(0..<simulation.heard.count))
        #expect(simulation.timeline.droppedFrames == 0)
        #expect(simulation.timeline.steps == 0)
    }

    @Test("audio for parts that were closed is dropped and counted, and what is newer keeps its own time")
    func longStall() throws {
        var simulation = Simulation()
        simulation.play(seconds: 20)
        let before = simulation.now
        simulation.idle(seconds: 8)
        #expect(simulation.published.last?.part.firstAudibleFrame() == nil)
        let missed = Int(8_000_000 / simulation.frameLength)
        simulation.deliver(missed)
        simulation.play(seconds: 20)
        #expect(simulation.timeline.droppedFrames > 150 && simulation.timeline.droppedFrames < missed)
        #expect(simulation.published.allSatisfy { !$0.segment.isDiscontinuous })
        let places = simulation.places
        let last = try #require(simulation.heard.last)
        let resumed = try #require(
            simulation.heard.last { places[$0].map { $0 < simulation.now - 1_000_000 } ?? false }
        )
        let place = try #require(places[resumed])
        // Frame n was captured n frames after the first one.
        let first = try #require(places[0])
        #expect(abs(place - first - Int64(resumed) * simulation.frameLength) < 40_000)
        #expect(place > before && last > resumed)
    }

    @Test("an encoder that lost eight seconds goes on at the moment it returns, behind silence")
    func lostAudio() throws {
        var simulation = Simulation()
        simulation.play(seconds: 20)
        simulation.idle(seconds: 8)
        simulation.lose(1_000)
        simulation.play(seconds: 20)
        #expect(simulation.timeline.droppedFrames <= 12)
        let places = simulation.places
        let newest = try #require(simulation.heard.last)
        let behind = simulation.now - (places[newest] ?? 0)
        #expect(behind < 1_100_000)
    }

    @Test("an encoder that stays two seconds late is stepped over once, by silence")
    func persistentLateness() throws {
        var simulation = Simulation()
        simulation.play(seconds: 20)
        simulation.idle(seconds: 2)
        simulation.play(seconds: 60)
        #expect(simulation.timeline.steps == 1)
        #expect(simulation.timeline.clockError.magnitude < 50_000)
        #expect(simulation.heard == Array(0..<simulation.heard.count))
        #expect(simulation.published.allSatisfy { !$0.segment.isDiscontinuous })
    }

    @Test("the backlog of a connect is dated back from its newest frame")
    func burstAtConnect() throws {
        var simulation = Simulation()
        let connected = simulation.now
        simulation.deliver(Int(5_000_000 / simulation.frameLength))
        simulation.play(seconds: 10)
        let places = simulation.places
        let first = try #require(places[0])
        #expect(abs(first - (connected - 5_000_000)) < 40_000)
        #expect(simulation.heard == Array(0..<simulation.heard.count))
    }

    @Test("of a longer backlog the last ten seconds are kept")
    func longBacklog() throws {
        var simulation = Simulation()
        simulation.deliver(Int(20_000_000 / simulation.frameLength))
        simulation.play(seconds: 10)
        let first = try #require(simulation.heard.first)
        #expect(abs(Int64(first) * simulation.frameLength - 10_000_000) < 500_000)
        #expect(simulation.heard == Array(first..<first + simulation.heard.count))
    }

    @Test("a source faster than real time is paused half a second ahead, and loses nothing")
    func fasterThanRealTime() throws {
        var simulation = Simulation()
        var paused = 0
        for _ in 0..<1_200 {
            if !simulation.timeline.wantsPause { simulation.deliver(100) } else { paused += 1 }
            simulation.now += 50_000
            simulation.published += simulation.timeline.advance(to: simulation.now)
            if let position = simulation.timeline.position {
                #expect(position - simulation.now <= Timeline.largestLead + simulation.frameLength)
            }
        }
        #expect(paused > 500)
        #expect(simulation.heard == Array(0..<simulation.heard.count))
        #expect(simulation.timeline.droppedFrames == 0)
        let heardSeconds = Double(simulation.heard.count) * 1_024 / 48_000
        #expect(heardSeconds > 68 && heardSeconds < 71)
    }

    @Test("a source that returns in the same format enters at the next frame, without a discontinuity")
    func reconnect() {
        var simulation = Simulation()
        simulation.play(seconds: 10)
        simulation.timeline.beginSource()
        simulation.play(seconds: 10)
        #expect(simulation.published.allSatisfy { !$0.segment.isDiscontinuous })
        #expect(simulation.heard.count > 800)
    }

    @Test("another rate begins at the next slot, behind silence of the old one, with a discontinuity")
    func formatChange() throws {
        var simulation = Simulation()
        simulation.play(seconds: 10)
        let other = (0..<2_000).map { TestAudio.aac(100_000 + $0, rate: 44_100) }
        for chunk in 0..<500 {
            simulation.now += 4 * 23_220
            simulation.published += simulation.timeline.receive(
                Array(other[chunk * 4..<chunk * 4 + 4]),
                at: simulation.now
            )
        }
        let change = try #require(simulation.published.first { $0.segment.format.sampleRate == 44_100 })
        #expect(change.segment.isDiscontinuous && change.part.index == 0)
        let before = try #require(simulation.published.last { $0.segment.format.sampleRate == 48_000 })
        #expect(change.segment.discontinuitySequence == before.segment.discontinuitySequence + 1)
        #expect(change.segment.slot == before.segment.slot + 1)
        #expect(before.completesSegment)
        for publication in simulation.published {
            #expect(publication.segment.isDiscontinuous == (publication.segment.slot == change.segment.slot))
        }
        let numbers = TestAudio.numbers(of: simulation.published).compactMap { $0 }.filter { $0 >= 100_000 }
        #expect(numbers == Array(numbers[0]..<numbers[0] + numbers.count))
        let error = simulation.now - (simulation.timeline.position ?? 0)
        #expect(error.magnitude < 60_000)
    }

    @Test("another codec is refused with the reason, and what is on air stays")
    func otherCodec() {
        var simulation = Simulation()
        simulation.play(seconds: 10)
        #expect(simulation.timeline.receive([TestAudio.mp3(1)], at: simulation.now).isEmpty)
        #expect(simulation.timeline.refusal?.contains("MP3") == true)
        simulation.timeline.beginSource()
        #expect(simulation.timeline.refusal == nil)
        simulation.play(seconds: 5)
        #expect(simulation.heard.count > 600)
    }

    @Test("frames that are longer than a part are refused, since parts could not lie on the clock")
    func longFrames() throws {
        var timeline = Timeline(grid: try #require(SlotGrid(segmentMilliseconds: 2_000, partMilliseconds: 100)))
        #expect(timeline.receive([TestAudio.aac(0, rate: 8_000)], at: 1_790_000_000_000_000).isEmpty)
        #expect(timeline.refusal?.contains("128 ms") == true)
        timeline.beginSource()
        _ = timeline.receive([TestAudio.aac(0, rate: 12_000)], at: 1_790_000_000_000_000)
        #expect(timeline.refusal == nil)
    }

    @Test("after a leap of the clock the missing hours are closed in bounded turns")
    func leap() {
        var simulation = Simulation()
        simulation.play(seconds: 10)
        simulation.now += 3_600_000_000
        let before = simulation.published.count
        simulation.published += simulation.timeline.advance(to: simulation.now)
        #expect(simulation.published.count - before == 64)
        for _ in 0..<60 { simulation.published += simulation.timeline.advance(to: simulation.now) }
        #expect(simulation.now - (simulation.timeline.position ?? 0) < 4_000_000)
    }

    @Test("a title begins at the first frame not before its time, and never changes what is published")
    func titles() throws {
        var simulation = Simulation()
        simulation.play(seconds: 10)
        let moment = Timestamp(milliseconds: simulation.now / 1_000)
        simulation.timeline.announce(Title(time: moment, text: "Now"))
        simulation.timeline.announce(Title(time: Timestamp(milliseconds: 0), text: "Late"))
        let publishedBefore = simulation.published.count
        simulation.play(seconds: 10)
        let texts = simulation.published.flatMap { publication -> [(String, Timestamp)] in
            let own = publication.part.title.map { [($0.text, $0.time)] } ?? []
            return own + publication.part.titleChanges.map { ($0.title.text, $0.title.time) }
        }
        #expect(simulation.published[..<publishedBefore].allSatisfy { $0.part.title == nil })
        #expect(texts.first?.0 == "Late")
        let now = try #require(texts.first { $0.0 == "Now" })
        #expect((0...22).contains(now.1.millisecondsSince(moment)))
        #expect(texts.last?.0 == "Now")
    }

    @Test("after silence, an MP3 frame that leans on bytes that were never sent is silenced in place")
    func reservoir() throws {
        var timeline = Timeline(grid: .standard)
        var leaning = TestAudio.mp3(0).bytes
        // main_data_begin is the first nine bits of the side information (ISO/IEC 11172-3 §2.4.1.7).
        leaning.setInteger(UInt8(0xFF), at: 4)
        leaning.setInteger(UInt8(0x12), at: 12)
        let first = Frame(bytes: leaning, format: TestAudio.mp3(0).format)
        var published: [Publication] = []
        var now: Int64 = 1_790_000_000_000_000
        for number in 0..<200 {
            now += 24_000
            published += timeline.receive([number == 0 ? first : TestAudio.mp3(number)], at: now)
        }
        let part = try #require(published.first { $0.part.firstAudibleFrame() != nil }?.part)
        let frame = try #require(part.firstAudibleFrame())
        let bytes = part.bytes.getBytes(at: part.byteOffset(ofFrame: frame), length: 384)
        #expect(bytes?[4..<36].allSatisfy { $0 == 0 } == true)
        #expect(TestAudio.numbers(of: published).compactMap { $0 }.prefix(3) == [0, 1, 2])
    }
}
