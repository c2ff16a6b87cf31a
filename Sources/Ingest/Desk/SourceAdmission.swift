// SourceAdmission: the desk's answer to a source.

/// The desk's answer to a source.
package enum SourceAdmission: Sendable {
    /// Its mount too, since a SHOUTcast source has not named one.
    case accepted(any SourceSink, mount: String)
    case refused(SourceRefusal)
}
