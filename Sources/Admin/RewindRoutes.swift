// RewindRoutes: a stream's rewind as a whole: export, import, reset.

internal import Archive
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOPosix
internal import Origin
internal import Segmenter

/// A stream's rewind as a whole: `GET`, `PUT` and `DELETE` of `/api/streams/{stream}/rewind`, as StreamMachine has them.
struct RewindRoutes: Sendable {
    struct ImportAnswer: Encodable {
        let seconds: Double
        /// Parts taken.
        let length: Int
    }

    let stream: Origin.Stream

    /// Answers with all of the rewind, segment by segment: memory does not grow with its length.
    func export() -> Response {
        let stream = self.stream
        let slots = stream.store.slots
        let body = ResponseBody { writer in
            var export = RewindExport(grid: stream.store.grid)
            for slot in slots ?? 0...0 where slots != nil {
                guard let segment = await stream.segment(slot), let bytes = export.encode(segment) else { continue }
                try await writer.write(bytes)
            }
            try await writer.finish(nil)
        }
        let name = "\(stream.name).rewind"
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/octet-stream", .cacheControl: "no-store",
                .contentDisposition: "attachment; filename=\"\(name)\"",
            ],
            body: body
        )
    }

    /// Takes in a request's body, which waits in a file until all of it is there.
    func takeIn(_ body: RequestBody) async throws -> ImportAnswer {
        let path = self.temporaryPath
        let disk = SystemDisk()
        let pool = NIOThreadPool.singleton
        let file = try await pool.runIfActive { try disk.open(path, .replacing) }
        do {
            var offset = 0
            for try await bytes in body {
                let place = offset
                try await pool.runIfActive { try disk.writeAll(file, [bytes], at: place) }
                offset += bytes.readableBytes
            }
            let stream = self.stream
            let taken = try await pool.runIfActive {
                try stream.takeIn(RewindImport(path, grid: stream.store.grid))
            }
            try await pool.runIfActive { try Self.discard(file, path, disk) }
            return ImportAnswer(seconds: taken.seconds, length: taken.parts)
        } catch {
            try? await pool.runIfActive { try Self.discard(file, path, disk) }
            throw error
        }
    }

    private static func discard(_ file: Int32, _ path: String, _ disk: SystemDisk) throws {
        disk.close(file)
        try disk.remove(path)
    }

    /// Beside the audio, where there is room for it; a stream in memory alone uses the system's directory.
    private var temporaryPath: String {
        let directory = self.stream.stored?.archive.directory ?? "/tmp"
        return "\(directory)/import-\(UInt64.random(in: .min ... .max)).part"
    }
}
