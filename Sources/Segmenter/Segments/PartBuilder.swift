// PartBuilder: the open part.

@_spi(CustomByteBufferAllocator) import NIOCore

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The open part: frames gathered until the clock closes it.
struct PartBuilder {
    let index: Int
    let samplesBefore: Int64
    private(set) var frames: [Frame] = []
    private var silences: [Range<Int>] = []

    init(index: Int, samplesBefore: Int64) {
        self.index = index
        self.samplesBefore = samplesBefore
    }

    mutating func append(_ frame: Frame, isSilence: Bool) {
        let place = self.frames.count
        self.frames.append(frame)
        guard isSilence else { return }
        if let last = self.silences.last, last.upperBound == place {
            self.silences[self.silences.count - 1] = last.lowerBound..<place + 1
        } else {
            self.silences.append(place..<place + 1)
        }
    }

    /// Closes the part.
    ///
    /// `silence` is shared between parts that are silent throughout and equally long.
    func close(
        slot: Int64,
        title: Title?,
        changes: [Part.TitleChange],
        silence: inout [Int: ByteBuffer]
    ) -> Part {
        let isSilent = self.silences.first == 0..<self.frames.count
        let bytes: ByteBuffer
        if isSilent, let shared = silence[self.frames.count] {
            bytes = shared
        } else {
            bytes = self.concatenated()
            if isSilent { silence[self.frames.count] = bytes }
        }
        return Part(
            slot: slot,
            index: self.index,
            samplesBefore: self.samplesBefore,
            bytes: bytes,
            frameLengths: self.frames.map { UInt16(clamping: $0.bytes.readableBytes) },
            silences: self.silences,
            title: title,
            titleChanges: changes
        )
    }

    /// Copies the frames into memory of exactly their size.
    ///
    /// `ByteBufferAllocator` rounds up to a power of two: up to twice the audio, over a window of hours.
    private func concatenated() -> ByteBuffer {
        let size = self.frames.reduce(0) { $0 + $1.bytes.readableBytes }
        guard size > 0, let memory = malloc(size) else { return ByteBuffer() }
        let target = UnsafeMutableRawBufferPointer(start: memory, count: size)
        var offset = 0
        for frame in self.frames {
            frame.bytes.withUnsafeReadableBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[offset..<offset + source.count]).copyMemory(from: source)
                offset += source.count
            }
        }
        // The standard allocator frees with `free`, which is what `malloc` asks for.
        return ByteBuffer(takingOwnershipOf: target, allocator: ByteBufferAllocator())
    }
}
