// RecordReader: the parts of one slot, read from their file and checked.

internal import NIOCore
internal import Segmenter

/// The parts of one slot, read from their file and checked; what is damaged is replaced by silence of the same length.
struct RecordReader {
    /// The parts, which of their records were found damaged now, and which the disk did not give.
    struct Reading {
        var parts: [Part] = []
        var damaged: [Int] = []
        var unread: [Int] = []
    }

    let path: String
    let header: SegmentHeader
    /// Whether the slot still grows, so that missing parts are not yet there instead of silent.
    let isOpen: Bool
    private let silence: Frame
    /// Where the slot's first record begins.
    private let offset: Int
    private let spans: [FileCatalog.Span]
    /// The frames of every part, counted from the segment's first.
    private let frames: [Range<Int>]

    init?(_ file: ArchivedFile, slot: Int64, isOpen: Bool) {
        guard let header = file.catalog.segmentHeader(slot) else { return nil }
        self.path = file.path
        self.header = header
        self.isOpen = isOpen
        self.silence = file.catalog.header.silentFrame
        self.offset = file.catalog.octets(of: slot).lowerBound
        self.spans = Array(file.catalog.spans(slot))
        self.frames = (0..<file.catalog.grid.partsPerSlot).map { file.catalog.frames(ofPart: $0, slot: slot) }
    }

    /// All parts of a slot.
    var all: Range<Int> { 0..<self.frames.count }

    /// Where a part's record begins.
    func offset(ofPart part: Int) -> Int {
        self.offset + self.spans.prefix(part).reduce(0) { $0 + Int($1.total) }
    }

    /// Reads some of the slot's parts; it throws nothing: what is damaged or cannot be read is silence.
    func read(_ wanted: Range<Int>, _ disk: any Disk, _ file: Int32) -> Reading {
        var reading = Reading()
        let first = self.offset(ofPart: wanted.lowerBound)
        let end = self.offset(ofPart: wanted.upperBound)
        let whole = try? disk.bytes(file, at: first, count: end - first)
        for index in wanted {
            guard index < self.spans.count else {
                if !self.isOpen { reading.parts.append(self.silentPart(index)) }
                continue
            }
            let span = self.spans[index]
            let start = self.offset(ofPart: index)
            // After a failure of the whole, each record is tried by itself: the loss is limited to those that fail.
            let octets =
                whole?.getSlice(at: start - first, length: Int(span.total))
                ?? (try? disk.bytes(file, at: start, count: Int(span.total)))
            if let octets, !span.isDamaged, let part = self.part(index, in: octets) {
                reading.parts.append(part)
                continue
            }
            reading.parts.append(self.silentPart(index))
            if octets == nil {
                reading.unread.append(index)
            } else if !span.isDamaged {
                reading.damaged.append(index)
            }
        }
        return reading
    }

    private func part(_ index: Int, in octets: ByteBuffer) -> Part? {
        var reader = octets
        guard let head = RecordHead(&reader), head.recordLength == octets.readableBytes,
            let description = reader.readSlice(length: head.descriptionLength), head.matches(description),
            let audio = reader.readSlice(length: head.audioLength), Checksum.of(audio) == head.audioChecksum,
            let known = PartDescription(description, format: self.header.format),
            known.segment.slot == self.header.slot, known.index == index
        else { return nil }
        return known.part(storedAudio: audio)
    }

    private func silentPart(_ index: Int) -> Part {
        Part(silence: self.silence, frames: self.frames[index], of: self.header, index: index)
    }
}
