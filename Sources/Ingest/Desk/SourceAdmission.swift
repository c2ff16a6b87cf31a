// SourceAdmission: the desk's answer to a source.

/// The desk's answer to a source.
package enum SourceAdmission: Sendable {
    case accepted(any SourceSink)
    case refused(SourceRefusal)
}
