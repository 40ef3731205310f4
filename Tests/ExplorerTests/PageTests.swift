import Archives
import Bodies
import Explorer
import Foundation
import Models
import Pictures
import Presentation
import Records
import ReportSupport
import Tensors
import TestSupport
import Testing

@Suite("The explorer's page as a file") struct PageTests {
  private static let hostile = "</script><img src=x onerror=alert(1)>"

  @Test("the same records give the same bytes") func deterministic() throws {
    let records = [record { $0.parts.insert(.attention) }, record { ($0.label, $0.seed) = ("b", 2) }]
    let pages = try (0..<2).map { _ in try PageReader.page(records) }
    #expect(pages[0].files.map(\.data) == pages[1].files.map(\.data))
  }

  @Test("names from files are text, whatever they contain") func hostile() throws {
    let records = [
      record { ($0.label, $0.picture) = (Self.hostile, Self.hostile + ".png") },
      record { ($0.label, $0.picture, $0.seed) = ("{{code}} & \"b\" '", Self.hostile + ".png", 2) },
    ]
    let page = try PageReader(records) { $0.title = Self.hostile + "{{blocks}}" }
    #expect(!page.text.contains("<img src=x"))
    #expect(page.text.contains("&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;"))
    #expect(page.header["title"]?.string == Self.hostile + "{{blocks}}")
    #expect(try page.report()["title"]?.string == Self.hostile + ".png")
    #expect(try page.network(1)["label"]?.string == "{{code}} & \"b\" '")
    // A script ends where its own end is, and nowhere else.
    let scripts = page.text.components(separatedBy: "<script").count - 1
    #expect(page.text.components(separatedBy: "</script>").count - 1 == scripts)
  }

  @Test("says nothing of folders, people, machines and commands") func privacy() throws {
    let own = record {
      ($0.command, $0.processor) = ("penumbra sweep /home/ada/secret.png --out /tmp/secret", "AMD EPYC")
    }
    let text = try PageReader([own]).text.replacing(/base64,[A-Za-z0-9+\/=]+/, with: "")
      .replacing(/<script type="application\/octet-stream".*?<\/script>/, with: "")
    for word in ["/home/", "ada/", "secret", "/tmp/", "/Users/", "EPYC", "penumbra sweep", repository.path()]
    {
      #expect(!text.contains(word), "\(word)")
    }
    #expect(!text.contains(/\b20\d\d-\d\d-\d\d\b/))
  }

  @Test("a policy lets the page's own code and style run, and nothing else") func policy() throws {
    for isFolder in [false, true] {
      let page = try PageReader([record()]) { $0.isFolder = isFolder }
      let policy = try #require(page.text.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/)?.1)
      #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-"))
      #expect(policy.contains(" 'self'") == isFolder && !policy.contains("unsafe"))
      func hash(_ start: String, _ end: String) throws -> String {
        let from = try #require(page.text.range(of: start))
        let to = try #require(page.text.range(of: end, range: from.upperBound..<page.text.endIndex))
        let text = String(page.text[from.upperBound..<to.lowerBound])
        return Data(Digest.sha256Bytes(of: text)).base64EncodedString()
      }
      #expect(policy.contains("script-src 'sha256-\(try hash("<script>", "</script>"))'"))
      #expect(policy.contains("style-src 'sha256-\(try hash("<style>", "</style>"))'"))
      #expect(!page.text.contains("{{"))
    }
  }

  @Test("a live page may ask its server, and knows what can be chosen; no other page may") func live() throws
  {
    let occlusion = Occlusion(size: 120, shape: .disc, fill: .colour(red: 0, green: 0, blue: 0))
    let page = try PageReader([record()]) { $0.live = ExplorerPage.Live(token: "t", about: occlusion) }
    let policy = try #require(page.text.firstMatch(of: /Content-Security-Policy" content="([^"]*)"/)?.1)
    #expect(policy.hasSuffix("; connect-src 'self'"))
    let live = try #require(page.header["live"])
    #expect(live["token"]?.string == "t" && live["size"]?.integer == 120)
    #expect(live["sizes"]?.integers == [8, 120])
    #expect(live["shapes"]?.strings == ["disc", "square", "rectangle2.0", "rectangle0.5"])
    #expect(live["fills"]?.strings == ["black", "gray", "#ffffff", "mean", "blur10", "noise1"])
    // What asks a server is in live pages alone, and so is what a report would be asked for with.
    let own = record(), still = try PageReader([own])
    #expect(page.text.contains("class Live") && !still.text.contains("class Live"))
    let choice = try #require(try page.report()["occlusion"])
    #expect(choice["size"]?.integer == own.settings.occlusion.size)
    #expect(choice["shape"]?.string == "square" && choice["fill"]?.string == own.settings.occlusion.fill.name)
    #expect(try still.report()["occlusion"] == nil)
    #expect(still.header["live"] == JSONValue.null)
    #expect(try !PageReader([record()]).text.contains("connect-src"))
  }

  @Test("an answer has what the page has of a position, and says where nobody was found") func answers()
    throws
  {
    let own = record {
      $0.parts.insert(.uncertainty)
      $0.misses = { $0 == 1 }
    }
    let page = try PageReader([own])
    func answer(_ index: Int) throws -> JSONValue {
      try JSONValue(
        encoding: ExplorerAnswer(
          label: "gap", own.results.rows(index..<index + 1), at: own.positions[index].window,
          under: own.settings.occlusion, in: own.settings.frame, skeleton: own.skeleton!,
          measured: own.measured))
    }
    let found = try answer(10)
    for name in ["error", "error_pa", "joints", "camera", "uncertainty", "confidence"] {
      let numbers = try #require(found[name]?.numbers, "\(name)")
      let all = try page.array(name)
      let planes = all.count / own.positions.count
      expectNear(numbers, Array(all[10 * planes..<11 * planes]), within: 0.26, name)
    }
    #expect(found["occluder"] == (try page.network())["occluder"] && found["missed"] == nil)
    let missed = try answer(1)
    #expect(missed["missed"]?.bool == true && missed["error"] == nil && missed["window"] != nil)
    let outside = try JSONValue(encoding: ExplorerAnswer(outside: "gap"))
    #expect(outside["problem"]?.string?.isEmpty == false && outside["window"] == nil)
  }

  @Test("code, style and markup have 120 kB at most, the still part a picture and the tables") func still()
    throws
  {
    let page = try PageReader([record(), record { $0.picture = "b.png" }])
    let still = try #require(page.text.firstMatch(of: /(?s)<main id="static">(.*?)<\/main>/)?.1)
    #expect(still.components(separatedBy: "<table>").count == 5)
    #expect(still.contains("<h2>person-1.png</h2>") && still.contains("<h2>b.png</h2>"))
    let image = try #require(still.firstMatch(of: /base64,([A-Za-z0-9+\/=]+)/)?.1)
    let picture = try Picture(data: try #require(Data(base64Encoded: String(image))), from: "still")
    #expect(picture.height == 220 && picture.width == 448 && image.utf8.count < 60_000)
    let own =
      page.text.replacing(/<script type="application.*?<\/script>/, with: "").utf8.count - still.utf8.count
    #expect(own < 120_000, "\(own)")
  }

  @Test("a folder has a script for every record, and the page the rest") func folder() throws {
    let records = [
      record(), record { ($0.label, $0.seed) = ("b", 2) }, record { ($0.picture, $0.seed) = ("c.png", 3) },
    ]
    let made = try PageReader.page(records) { $0.isFolder = true }
    #expect(made.files.map(\.name) == ["data/0.js", "data/1.js", "data/2.js", "index.html"])
    let page = try PageReader(made), one = try PageReader(records)
    for (report, network) in [(0, 0), (0, 1), (1, 0)] {
      #expect(try page.network(network, of: report)["source"]?.string == "data/\(report * 2 + network).js")
      #expect(
        try page.array("error", of: network, report: report)
          == one.array("error", of: network, report: report))
    }
    #expect(try one.network()["source"] == nil)
    let block = try #require(try page.network()["arrays"]?["error"]?["block"]?.string)
    #expect(!page.text.contains("id=\"\(block)\""))
    let script = String(decoding: made.files[0].data, as: UTF8.self)
    #expect(script.hasPrefix("window.penumbraBlocks = "))
    // A crop is in the script of the first network that has it.
    let crop = try #require(page.header["pictures"]?.array?.first)
    let name = try #require(crop["block"]?.string)
    #expect(crop["source"]?.string == "data/0.js" && script.contains("\"\(name)\":\""))
    #expect(!page.text.contains("id=\"\(name)\"") && one.header["pictures"]?.array?[0]["source"] == nil)
    #expect(made.openingSize == made.files[3].data.count && made.openingSize < made.size)
  }

  @Test("networks that see the same crop share its picture") func pictures() throws {
    let page = try PageReader([
      record(), record { ($0.label, $0.seed) = ("b", 2) },
      record {
        ($0.label, $0.seed, $0.picture) = ("c", 3, "c.png")
        $0.parts.remove(.picture)
      },
    ])
    let pictures = try #require(page.header["pictures"]?.array)
    #expect(pictures.count == 1 && pictures[0]["type"]?.string == "image/jpeg")
    #expect(try page.network()["picture"]?.integer == 0 && page.network(1)["picture"]?.integer == 0)
    #expect(try page.network(0, of: 1)["picture"] == JSONValue.null)
    let picture = try Picture(data: page.bytes(#require(pictures[0]["block"]?.string)), from: "crop")
    #expect(picture.width == 64 && picture.height == 64)
  }

  @Test("a small synthetic page is small") func size() throws {
    let page = try PageReader.page([record(), record { ($0.label, $0.seed) = ("b", 2) }])
    #expect(page.size < 400_000, "\(page.size)")
    #expect(page.sizeText.hasSuffix(" MB"))
  }
}
