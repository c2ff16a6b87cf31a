// DirectSocket: a listener's socket, for the one write a second that is nearly all of its cost.

package import NIOCore
package import Segmenter

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A listener's socket, for the one write a second that is nearly all of its cost (docs/decisions/0004).
///
/// It belongs to a NIO channel and is used only on the channel's loop, while the channel is active and has nothing left to write:
/// whatever does not fit is given to the channel, which waits for room. Where bytes are changed on their way, as TLS does, it must
/// not be used.
package struct DirectSocket {
    package enum Outcome {
        case sent(Int)
        /// The kernel's buffer has no room.
        case full
        /// The connection is gone.
        case failed
    }

    private let descriptor: NIOBSDSocket.Handle

    /// Finds the socket of a channel; `nil` where there is none.
    package init?(of context: ChannelHandlerContext) {
        let operations = context.pipeline.syncOperations
        let handle = try? operations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { $0 }
        guard let handle else { return nil }
        self.descriptor = handle
    }

    /// Sends as much as there is room for.
    package func send(_ bytes: ByteBuffer) -> Outcome {
        bytes.withUnsafeReadableBytes { memory in
            Self.outcome { Self.send(self.descriptor, memory) }
        }
    }

    /// Sends as much of two buffers as there is room for, in one call.
    package func send(_ first: ByteBuffer, _ second: ByteBuffer) -> Outcome {
        first.withUnsafeReadableBytes { head in
            second.withUnsafeReadableBytes { body in
                let pieces = [head, body].map {
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: $0.baseAddress), iov_len: $0.count)
                }
                return Self.outcome { writev(self.descriptor, pieces, Int32(pieces.count)) }
            }
        }
    }

    /// Sends as much of some buffers as there is room for, in one call.
    package func send(_ buffers: [ByteBuffer]) -> Outcome {
        func gather(_ rest: ArraySlice<ByteBuffer>, _ pieces: inout [iovec]) -> Outcome {
            guard let first = rest.first else {
                return Self.outcome { writev(self.descriptor, pieces, Int32(pieces.count)) }
            }
            return first.withUnsafeReadableBytes { memory in
                pieces.append(
                    iovec(iov_base: UnsafeMutableRawPointer(mutating: memory.baseAddress), iov_len: memory.count)
                )
                return gather(rest.dropFirst(), &pieces)
            }
        }
        var pieces: [iovec] = []
        pieces.reserveCapacity(buffers.count)
        return gather(buffers[...], &pieces)
    }

    /// Keeps what follows for full packets, or lets go of it.
    package func holdPackets(_ isHeld: Bool) {
        #if canImport(Glibc) || canImport(Musl)
        var value: CInt = isHeld ? 1 : 0
        setsockopt(self.descriptor, CInt(IPPROTO_TCP), TCP_CORK, &value, socklen_t(MemoryLayout<CInt>.size))
        #endif
    }

    /// Sends as much of a file's range as there is room for, without its bytes passing through this process.
    package func send(_ range: StoredRange) -> Outcome {
        #if canImport(Glibc) || canImport(Musl)
        var offset = off_t(range.offset)
        let outcome = try? range.file.handle.withUnsafeFileDescriptor { file in
            Self.outcome { sendfile(self.descriptor, file, &offset, range.length) }
        }
        // A file that has become shorter has nothing left to send.
        if case .sent(0) = outcome { return .failed }
        return outcome ?? .failed
        #else
        return .full
        #endif
    }

    /// Lets the close of the connection be a reset, which no client takes for the end of a file.
    package func resetWhenClosed() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(self.descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    private static func outcome(_ call: () -> Int) -> Outcome {
        while true {
            let sent = call()
            if sent >= 0 { return .sent(sent) }
            switch errno {
            case EINTR: continue
            case EAGAIN: return .full
            default: return .failed
            }
        }
    }

    private static func send(_ descriptor: NIOBSDSocket.Handle, _ memory: UnsafeRawBufferPointer) -> Int {
        #if canImport(Glibc)
        Glibc.send(descriptor, memory.baseAddress, memory.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        #elseif canImport(Musl)
        Musl.send(descriptor, memory.baseAddress, memory.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        #else
        // NIO has set SO_NOSIGPIPE.
        Darwin.send(descriptor, memory.baseAddress, memory.count, MSG_DONTWAIT)
        #endif
    }
}
