// TuneInFileTests: the small files by which players find a stream.

import Testing

@testable import Origin

@Suite struct TuneInFileTests {
    @Test("a title cannot break out of its line or its element")
    func hostileTitles() {
        let title = "A & <B>\r\nFile2=http://evil\u{0}"
        let pls = TuneInFile.pls.render(url: "http://a/test", title: title)
        #expect(pls.split(separator: "\n").filter { $0.hasPrefix("File") } == ["File1=http://a/test"])
        let xspf = TuneInFile.xspf.render(url: "http://a/test", title: title)
        #expect(xspf.contains("<title>A &amp; &lt;B&gt;File2=http://evil</title>"))
    }

    @Test("each file has its media type")
    func types() {
        #expect(TuneInFile.m3u.contentType == "audio/x-mpegurl" && TuneInFile.pls.contentType == "audio/x-scpls")
        #expect(TuneInFile.xspf.contentType == "application/xspf+xml")
        #expect(TuneInFile(rawValue: "m3u8") == nil && TuneInFile(rawValue: "") == nil)
    }
}
