// ExportReader: the parts in the octets of an export.

internal import NIOCore
internal import Segmenter

/// The parts in the octets of an export, which may arrive in any pieces.
///
/// An export that is damaged anywhere is refused: whoever has it can make another.
struct ExportReader {
    private let grid: SlotGrid
    private var header: LogHeader?
    private var rest = ByteBuffer()
    /// Octets read so far.
    private var offset = 0

    init(grid: SlotGrid) {
        self.grid = grid
    }

    static func isExport(_ bytes: ByteBuffer) -> Bool {
        bytes.getString(at: bytes.readerIndex, length: 8) == "\(LogHeader.magic)"
    }

    /// Takes more octets; gives the parts that they complete.
    mutating func append(_ bytes: ByteBuffer) throws(ArchiveError) -> [Publication] {
        self.rest.writeImmutableBuffer(bytes)
        var parts: [Publication] = []
        while self.rest.readableBytes >= RecordHead.length {
            let before = self.rest.readableBytes
            if Self.isExport(self.rest) {
                guard try self.takeHeader() else { break }
            } else {
                guard let part = try self.takeRecord() else { break }
                parts.append(part)
            }
            self.offset += before - self.rest.readableBytes
        }
        self.rest.discardReadBytes()
        return parts
    }

    /// Notes that there is no more.
    func finish() throws(ArchiveError) {
        guard self.rest.readableBytes == 0 else { throw self.damage("ends within a record") }
    }

    /// Takes a header; `false` when not all of it is there yet.
    private mutating func takeHeader() throws(ArchiveError) -> Bool {
        guard let header = LogHeader(&self.rest) else {
            guard self.rest.readableBytes >= LogHeader.longest else { return false }
            throw self.damage("has a damaged header")
        }
        guard header.grid == self.grid else {
            throw ArchiveError(
                .conflict,
                "the export has segments of \(header.grid.segmentMilliseconds) ms in parts of"
                    + " \(header.grid.partMilliseconds) ms, this stream has \(self.grid.segmentMilliseconds) and"
                    + " \(self.grid.partMilliseconds): set hls.segment_duration and hls.part_duration to match"
            )
        }
        self.header = header
        return true
    }

    /// Takes a record; `nil` when not all of it is there yet.
    private mutating func takeRecord() throws(ArchiveError) -> Publication? {
        var reader = self.rest
        guard let header = self.header, let head = RecordHead(&reader) else {
            throw self.damage("has no record")
        }
        guard let description = reader.readSlice(length: head.descriptionLength),
            let audio = reader.readSlice(length: head.audioLength)
        else { return nil }
        guard head.matches(description), Checksum.of(audio) == head.audioChecksum,
            let known = PartDescription(description, format: header.format), known.isPlausible(in: header),
            let part = known.part(storedAudio: ByteBuffer(bytes: audio.readableBytesView))
        else { throw self.damage("has a damaged record") }
        self.rest = reader
        return Publication(segment: known.segment, part: part, completesSegment: known.completesSegment)
    }

    private func damage(_ what: String) -> ArchiveError {
        ArchiveError(.badInput, "the export \(what) at offset \(self.offset); nothing of it was taken")
    }
}
