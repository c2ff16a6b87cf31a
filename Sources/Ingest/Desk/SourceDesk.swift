// SourceDesk: who may send what where.

/// Decides who may send what where; Origin implements it.
///
/// Called on the connection's event loop; must not block.
package protocol SourceDesk: Sendable {
    /// Admits a source, or refuses it with a reason.
    ///
    /// `control` acts on the connection that asks, from now until it ends.
    func admit(_ request: SourceRequest, control: any SourceControl) -> SourceAdmission

    /// Why a source would be refused that has shown no more than its password yet; `nil` if it would be admitted.
    ///
    /// SHOUTcast sources are told so before they send their headers; then `admit` is asked.
    func refusal(of login: SourceRequest) -> SourceRefusal?

    /// Applies a title sent beside the audio, and has applied it when it returns.
    func update(_ update: MetadataUpdate) -> MetadataAnswer
}
