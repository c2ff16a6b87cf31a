// ProblemTests: errors that say what would have been right.

import Foundation
import Segmenter
import Testing
import Wire

@testable import Origin

@Suite struct ProblemTests {
    private struct Body: Decodable {
        let title: String
        let status: Int
        let detail: String
        let oldest: String?
        let newest: String?
    }

    private func json(_ problem: Problem) throws -> Body {
        let (contentType, text) = problem.body(asText: false)
        #expect(contentType == "application/problem+json")
        return try JSONDecoder().decode(Body.self, from: Data(text.utf8))
    }

    @Test("a problem is valid JSON, or a line of text")
    func forms() throws {
        let problem = Problem(.badRequest, "say \"T\"\n")
        let body = try self.json(problem)
        #expect(body.title == "Bad Request" && body.status == 400 && body.detail == "say \"T\"\n")
        #expect(problem.body(asText: true) == ("text/plain; charset=utf-8", "say \"T\"\n\n"))
    }

    @Test("a time outside the window is told what is inside")
    func outsideWindow() throws {
        let body = try self.json(
            .outsideWindow(
                oldest: Timestamp(milliseconds: 1_791_190_800_000),
                newest: Timestamp(milliseconds: 1_791_190_860_500)
            )
        )
        #expect(body.status == 404)
        #expect(body.oldest == "2026-10-05T09:00:00.000Z" && body.newest == "2026-10-05T09:01:00.500Z")
    }

    @Test("a stream without audio asks to come back; an unknown path names what there is, at most twenty")
    func others() throws {
        #expect(Problem.noAudioYet("test").status == .unavailable)
        #expect(Problem.noAudioYet("test").headers.map(\.value) == ["5"])
        #expect(Problem.unknown(Station([]).streams).detail == "nothing is here; there are no streams")
        let few = Problem.unknown(Station([.test("b"), .test("a")]).streams)
        #expect(few.detail == "nothing is here; there is /a, /b")
        let many = Problem.unknown(Station((0..<30).map { .test("s\($0 + 100)") }).streams)
        #expect(many.detail.hasSuffix("/s119 and more") && many.maxAge > 0)
    }

    @Test("every status has its reason phrase")
    func reasons() {
        #expect(Status.notFound.reason == "Not Found" && Status.unavailable.reason == "Service Unavailable")
        #expect(Status.allCases.allSatisfy { !$0.reason.isEmpty && $0.reason.first?.isUppercase == true })
    }
}
