// RecordingDesk: a desk with mounts, passwords and a memory.

import Ingest
import Synchronization
import Wire

/// A desk with mounts, passwords and a memory: one source to a mount, the password `hackme`.
final class RecordingDesk: SourceDesk {
    private struct State {
        var requests: [SourceRequest] = []
        var updates: [MetadataUpdate] = []
        var sinks: [String: RecordingSink] = [:]
        var controls: [any SourceControl] = []
    }

    private let mounts: Set<String>
    private let onReceive: (@Sendable (any SourceControl) -> Void)?
    private let onAdmit: (@Sendable (any SourceControl) -> Void)?
    private let state = Mutex(State())

    init(
        mounts: Set<String> = ["t"],
        onReceive: (@Sendable (any SourceControl) -> Void)? = nil,
        onAdmit: (@Sendable (any SourceControl) -> Void)? = nil
    ) {
        self.mounts = mounts
        self.onReceive = onReceive
        self.onAdmit = onAdmit
    }

    var requests: [SourceRequest] { self.state.withLock { $0.requests } }
    var updates: [MetadataUpdate] { self.state.withLock { $0.updates } }
    var controls: [any SourceControl] { self.state.withLock { $0.controls } }
    func sink(_ mount: String) -> RecordingSink? { self.state.withLock { $0.sinks[mount] } }

    func admit(_ request: SourceRequest, control: any SourceControl) -> SourceAdmission {
        self.onAdmit?(control)
        return self.state.withLock { self.decide(request, control, &$0) }
    }

    private func decide(
        _ request: SourceRequest,
        _ control: any SourceControl,
        _ state: inout State
    ) -> SourceAdmission {
        state.requests.append(request)
        state.controls.append(control)
        guard self.mounts.contains(request.mount) else {
            let known = self.mounts.sorted().joined(separator: ", ")
            return .refused(.notFound(reason: "There is no mount \(request.mount); there is: \(known)."))
        }
        guard request.credentials?.hasPassword("hackme") == true else { return .refused(.unauthorized) }
        if let live = state.sinks[request.mount], live.ends.isEmpty {
            return .refused(.forbidden(reason: "Mountpoint in use"))
        }
        let onReceive = self.onReceive
        let sink = RecordingSink { onReceive?(control) }
        state.sinks[request.mount] = sink
        return .accepted(sink)
    }

    func update(_ update: MetadataUpdate) -> MetadataAnswer {
        guard self.mounts.contains(update.mount) else { return .unknownMount }
        guard update.credentials.hasPassword("hackme") else { return .unauthorized }
        self.state.withLock { $0.updates.append(update) }
        return .accepted
    }
}
