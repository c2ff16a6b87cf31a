// FileIndex: a closed log file's catalog and outline, as they are stored beside it.

internal import NIOCore
internal import Segmenter

/// A closed log file's catalog and outline, stored beside it so that opening days of audio reads little.
///
/// It can always be made again from the log, so one that does not fit its log, or is damaged, is simply not used.
struct FileIndex {
    private static let magic: StaticString = "SMSEGIDX"
    private static let version: UInt16 = 1
    private static let entryLength = 32
    private static let spanLength = 12

    let catalog: FileCatalog
    let outline: Outline

    init(catalog: FileCatalog, outline: Outline) {
        self.catalog = catalog
        self.outline = outline
    }

    func encoded() -> ByteBuffer {
        let catalog = self.catalog
        var bytes = ByteBuffer()
        bytes.reserveCapacity(256 + catalog.entries.count * Self.entryLength + catalog.spans.count * Self.spanLength)
        bytes.writeStaticString(Self.magic)
        bytes.writeInteger(Self.version, endianness: .little)
        bytes.writeImmutableBuffer(catalog.header.encoded())
        bytes.writeInteger(Int64(catalog.end), endianness: .little)
        bytes.writeInteger(UInt32(catalog.entries.count), endianness: .little)
        for entry in catalog.entries { Self.write(entry, to: &bytes) }
        bytes.writeInteger(UInt32(catalog.spans.count), endianness: .little)
        for span in catalog.spans {
            bytes.writeInteger(span.total, endianness: .little)
            bytes.writeInteger(span.stored, endianness: .little)
            bytes.writeInteger(span.served, endianness: .little)
        }
        self.writeOutline(to: &bytes)
        bytes.writeInteger(Checksum.of(bytes), endianness: .little)
        return bytes
    }

    /// Reads an index; `nil` when it is none, damaged, or of a log of another size.
    init?(_ bytes: ByteBuffer, logSize: Int) {
        guard bytes.readableBytes > 4,
            let body = bytes.getSlice(at: bytes.readerIndex, length: bytes.readableBytes - 4),
            bytes.getInteger(at: bytes.writerIndex - 4, endianness: .little, as: UInt32.self) == Checksum.of(body)
        else { return nil }
        var reader = body
        guard reader.readString(length: 8) == "\(Self.magic)",
            reader.readInteger(endianness: .little, as: UInt16.self) == Self.version,
            let header = LogHeader(&reader),
            let end = reader.readInteger(endianness: .little, as: Int64.self), end == Int64(logSize),
            let entries = Self.readEntries(&reader), let spans = Self.readSpans(&reader),
            Self.fits(entries, spans, header, logSize: logSize), let outline = Self.readOutline(&reader)
        else { return nil }
        self.catalog = FileCatalog(header: header, entries: entries, spans: spans, end: logSize)
        self.outline = outline
    }

    /// The log's header as an index has it, whatever has become of the rest: for a log whose own is damaged.
    static func header(in bytes: ByteBuffer) -> LogHeader? {
        var reader = bytes
        guard reader.readString(length: 8) == "\(Self.magic)", reader.readInteger(as: UInt16.self) != nil else {
            return nil
        }
        return LogHeader(&reader)
    }

    /// Whether the spans are those of the entries, all inside the log, with numbers that can be counted with.
    private static func fits(
        _ entries: [FileCatalog.Entry],
        _ spans: [FileCatalog.Span],
        _ header: LogHeader,
        logSize: Int
    ) -> Bool {
        let parts = header.grid.partsPerSlot
        guard entries.dropLast().allSatisfy({ Int($0.partCount) == parts }), Int(entries.last?.partCount ?? 0) <= parts,
            spans.count == max(0, entries.count - 1) * parts + Int(entries.last?.partCount ?? 0)
        else { return false }
        let segment = header.grid.segmentMilliseconds
        let mostSamples = 3 * (segment * Int64(header.format.sampleRate) / 1_000 + Int64(header.format.samplesPerFrame))
        var end = 0
        for (place, entry) in entries.enumerated() {
            let own = spans[place * parts..<min(spans.count, (place + 1) * parts)]
            guard entry.offset >= end, entry.offset <= logSize,
                entry.firstSample.magnitude < LogHeader.largestNumber.magnitude,
                Int64(entry.startDelta).magnitude <= segment.magnitude, Int64(entry.samples) <= mostSamples
            else { return false }
            end = own.reduce(Int(entry.offset)) { $0 + Int($1.total) }
        }
        return end <= logSize
    }
}

// MARK: Entries

extension FileIndex {
    private static func write(_ entry: FileCatalog.Entry, to bytes: inout ByteBuffer) {
        bytes.writeInteger(entry.offset, endianness: .little)
        bytes.writeInteger(entry.firstSample, endianness: .little)
        bytes.writeInteger(entry.startDelta, endianness: .little)
        bytes.writeInteger(entry.samples, endianness: .little)
        bytes.writeInteger(entry.leadingSilence, endianness: .little)
        bytes.writeInteger(entry.partCount, endianness: .little)
        bytes.writeInteger(entry.flags.subtracting(.isChecked).rawValue, endianness: .little)
        bytes.writeInteger(UInt16(0))
    }

    private static func readEntries(_ bytes: inout ByteBuffer) -> [FileCatalog.Entry]? {
        guard let count = bytes.readInteger(endianness: .little, as: UInt32.self),
            bytes.readableBytes >= Int(count) * Self.entryLength
        else { return nil }
        var entries: [FileCatalog.Entry] = []
        entries.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let offset = bytes.readInteger(endianness: .little, as: Int64.self),
                let firstSample = bytes.readInteger(endianness: .little, as: Int64.self),
                let delta = bytes.readInteger(endianness: .little, as: Int32.self),
                let samples = bytes.readInteger(endianness: .little, as: UInt32.self),
                let leading = bytes.readInteger(endianness: .little, as: UInt16.self),
                let parts = bytes.readInteger(endianness: .little, as: UInt16.self),
                let flags = bytes.readInteger(endianness: .little, as: UInt16.self),
                bytes.readInteger(as: UInt16.self) != nil
            else { return nil }
            entries.append(
                FileCatalog.Entry(
                    offset: offset,
                    firstSample: firstSample,
                    startDelta: delta,
                    samples: samples,
                    leadingSilence: leading,
                    partCount: parts,
                    flags: FileCatalog.Flags(rawValue: flags)
                )
            )
        }
        return entries
    }

    private static func readSpans(_ bytes: inout ByteBuffer) -> [FileCatalog.Span]? {
        guard let count = bytes.readInteger(endianness: .little, as: UInt32.self),
            bytes.readableBytes >= Int(count) * Self.spanLength
        else { return nil }
        var spans: [FileCatalog.Span] = []
        spans.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let total = bytes.readInteger(endianness: .little, as: UInt32.self),
                let stored = bytes.readInteger(endianness: .little, as: UInt32.self),
                let served = bytes.readInteger(endianness: .little, as: UInt32.self), stored <= total
            else { return nil }
            spans.append(FileCatalog.Span(total: total, stored: stored, served: served))
        }
        return spans
    }
}

// MARK: Outline

extension FileIndex {
    /// The title in force comes first, so that a file can be understood without the one before.
    private func writeOutline(to bytes: inout ByteBuffer) {
        let outline = self.outline
        bytes.writeInteger(outline.start?.milliseconds ?? .min, endianness: .little)
        bytes.writeInteger(outline.end?.milliseconds ?? .min, endianness: .little)
        bytes.writeInteger(UInt32(outline.gaps.count), endianness: .little)
        for gap in outline.gaps {
            bytes.writeInteger(gap.start.milliseconds, endianness: .little)
            bytes.writeInteger(gap.end.milliseconds, endianness: .little)
            bytes.writeInteger(gap.reason.rawValue)
        }
        bytes.writeInteger(UInt32(outline.titles.count), endianness: .little)
        for title in outline.titles { bytes.writeTitle(title) }
    }

    private static func readOutline(_ bytes: inout ByteBuffer) -> Outline? {
        guard let start = bytes.readInteger(endianness: .little, as: Int64.self),
            let end = bytes.readInteger(endianness: .little, as: Int64.self),
            let gaps = Self.readGaps(&bytes),
            let count = bytes.readInteger(endianness: .little, as: UInt32.self)
        else { return nil }
        var titles: [Title] = []
        for _ in 0..<count {
            guard let title = bytes.readTitle() else { return nil }
            titles.append(title)
        }
        func moment(_ milliseconds: Int64) -> Timestamp? {
            Self.isTime(milliseconds) ? Timestamp(milliseconds: milliseconds) : nil
        }
        return Outline(start: moment(start), end: moment(end), gaps: gaps, titles: titles)
    }

    /// Whether a number is a time that can be counted with.
    private static func isTime(_ milliseconds: Int64) -> Bool {
        milliseconds.magnitude < LogHeader.largestNumber.magnitude
    }

    private static func readGaps(_ bytes: inout ByteBuffer) -> [Outline.Gap]? {
        guard let count = bytes.readInteger(endianness: .little, as: UInt32.self) else { return nil }
        var gaps: [Outline.Gap] = []
        for _ in 0..<count {
            guard let start = bytes.readInteger(endianness: .little, as: Int64.self),
                let end = bytes.readInteger(endianness: .little, as: Int64.self), Self.isTime(start), Self.isTime(end),
                let reason = bytes.readInteger(as: UInt8.self).flatMap(Outline.Reason.init(rawValue:))
            else { return nil }
            gaps.append(
                Outline.Gap(
                    start: Timestamp(milliseconds: start),
                    end: Timestamp(milliseconds: end),
                    reason: reason
                )
            )
        }
        return gaps
    }
}
