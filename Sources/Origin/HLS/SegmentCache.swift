// SegmentCache: the transport stream segments that players ask for now.

package import HLS
package import NIOCore
package import Segmenter
internal import Synchronization

/// Packages segments on request and keeps the newest transport streams.
///
/// Packed audio is the parts' own bytes behind a tag and needs no copy; a transport stream is written once and shared.
package final class SegmentCache: Sendable {
    private struct State {
        var newestFirst: [(slot: Int64, bytes: ByteBuffer)] = []
    }

    private static let capacity = 8
    private let writer: TransportStream
    private let state = Mutex(State())

    package init(grid: SlotGrid) {
        self.writer = TransportStream(grid: grid)
    }

    /// The bytes of a complete segment in a container.
    package func bytes(of segment: Segment, in container: Container) -> [ByteBuffer] {
        switch container {
        case .packedAudio: PackedAudio.segment(segment)
        case .transportStream: [self.transportStream(of: segment)]
        }
    }

    private func transportStream(of segment: Segment) -> ByteBuffer {
        if let known = self.state.withLock({ $0.newestFirst.first { $0.slot == segment.slot }?.bytes }) { return known }
        let bytes = self.writer.segment(segment)
        self.state.withLock { state in
            guard !state.newestFirst.contains(where: { $0.slot == segment.slot }) else { return }
            let place = state.newestFirst.firstIndex { $0.slot < segment.slot } ?? state.newestFirst.count
            state.newestFirst.insert((segment.slot, bytes), at: place)
            if state.newestFirst.count > Self.capacity { state.newestFirst.removeLast() }
        }
        return bytes
    }
}
