import Testing

/// The pictures of the documentation that show an idea and not a run.
@Suite("scripts/pictures", .enabled(if: has("python3")))
struct IdeaPictureTests {
    @Test("The pictures of the documentation are what the script draws")
    func documentedPictures() throws {
        let folder = try String(Program.run(["mktemp", "-d"]).output.dropLast())
        defer { _ = try? Program.run(["rm", "-r", folder]) }
        let end = try Program.run([source("scripts/pictures"), folder])
        #expect(end.code == 0, "\(end.errors)")
        let drawn = try entries(of: folder)
        #expect(drawn.count == 10)
        for name in drawn {
            let documented = source("Sources/EvlabDemos/EvlabDemos.docc/Resources/\(name)")
            #expect(try Program.run(["cmp", "\(folder)/\(name)", documented]).code == 0)
        }
    }

    @Test("Each page of a demonstration shows pictures that are there")
    func everyPage() throws {
        let pages = source("Sources/EvlabDemos/EvlabDemos.docc")
        let script = """
            import pathlib, re, sys
            folder = pathlib.Path(sys.argv[1])
            there = {path.stem for path in folder.glob("Resources/*.svg")}
            shown = set()
            for page in folder.glob("*.md"):
                names = set(re.findall(r"!\\[[^]]*\\]\\(([^)]*)\\)", page.read_text()))
                if not names and page.stem not in ("EvlabDemos", "OutOfBand", "EchoSixTimes"): print(page.stem, "has none")
                shown |= names
            print("missing:", sorted(shown - there), "not shown:", sorted(there - shown))
            """
        let end = try Program.run(["python3", "-c", script, pages])
        #expect(end.output == "missing: [] not shown: []\n", "\(end.errors)")
    }
}
