// RecordingDesk: a desk with mounts, passwords and a memory.

import Ingest
import Synchronization
import Wire

/// A desk with mounts, passwords and a memory: one source to a mount, the password `hackme`.
final class RecordingDesk: SourceDesk {
    private struct State {
        var logins: [SourceRequest] = []
        var requests: [SourceRequest] = []
        var updates: [MetadataUpdate] = []
        var sinks: [String: RecordingSink] = [:]
        var controls: [any SourceControl] = []
    }

    private let mounts: Set<String>
    private let root: String?
    private let onReceive: (@Sendable (any SourceControl) -> Void)?
    private let onAdmit: (@Sendable (any SourceControl) -> Void)?
    private let state = Mutex(State())

    init(
        mounts: Set<String> = ["t"],
        root: String? = nil,
        onReceive: (@Sendable (any SourceControl) -> Void)? = nil,
        onAdmit: (@Sendable (any SourceControl) -> Void)? = nil
    ) {
        self.mounts = mounts
        self.root = root
        self.onReceive = onReceive
        self.onAdmit = onAdmit
    }

    /// What sources were asked about that had sent no more than their password.
    var logins: [SourceRequest] { self.state.withLock { $0.logins } }
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
        let mount: String
        switch self.find(request.mount, request.credentials) {
        case .mount(let found): mount = found
        case .refused(let refusal): return .refused(refusal)
        }
        if let live = state.sinks[mount], live.ends.isEmpty {
            return .refused(.forbidden(reason: "Mountpoint in use"))
        }
        let onReceive = self.onReceive
        let sink = RecordingSink { onReceive?(control) }
        state.sinks[mount] = sink
        return .accepted(sink, mount: mount)
    }

    func refusal(of login: SourceRequest) -> SourceRefusal? {
        self.state.withLock { $0.logins.append(login) }
        guard case .refused(let refusal) = self.find(login.mount, login.credentials) else { return nil }
        return refusal
    }

    func update(_ update: MetadataUpdate) -> MetadataAnswer {
        switch self.find(update.mount, update.credentials) {
        case .mount:
            self.state.withLock { $0.updates.append(update) }
            return .accepted
        case .refused(.notFound): return .unknownMount
        case .refused(.forbidden(let reason)): return .refused(reason: reason)
        case .refused: return .unauthorized
        }
    }

    private enum Finding {
        case mount(String)
        case refused(SourceRefusal)
    }

    private func find(_ mount: String?, _ credentials: BasicCredentials?) -> Finding {
        guard let mount else { return self.choose(credentials?.password ?? "") }
        guard self.mounts.contains(mount) else {
            let known = self.mounts.sorted().joined(separator: ", ")
            return .refused(.notFound(reason: "There is no mount \(mount); there is: \(known)."))
        }
        return credentials?.hasPassword("hackme") == true ? .mount(mount) : .refused(.unauthorized)
    }

    private func choose(_ password: String) -> Finding {
        let keys = self.mounts.sorted().map { MountKey(mount: $0, password: "hackme", isRoot: $0 == self.root) }
        return switch MountChoice(password, among: keys) {
        case .mount(let mount): .mount(mount)
        case .wrongPassword: .refused(.unauthorized)
        case .ambiguous(let mounts): .refused(.forbidden(reason: "Which of \(mounts.joined(separator: ", "))?"))
        }
    }
}
