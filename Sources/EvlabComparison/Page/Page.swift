/// Parts of the page of a report.
enum Page {
    /// A number that is also in the JSON: at this path, rounded to these digits.
    static func number(_ value: Double, digits: Int, path: String) -> String {
        Markup.element("span", [("data-path", path), ("data-digits", String(digits))], fixed(value, digits))
    }

    /// The ticks that stand far enough from each other for their labels.
    static func thinned(_ ticks: [Double], _ axis: LogarithmicAxis, atLeast distance: Double) -> [Double] {
        var kept: [Double] = ticks.filter { $0 == 1 }
        for tick in ticks where kept.allSatisfy({ abs(axis.place($0) - axis.place(tick)) >= distance }) {
            kept.append(tick)
        }
        return kept.sorted()
    }

    static let style = """
        :root { --ink: #1c2430; --soft: #5b6675; --paper: #ffffff; --panel: #f4f6f9; --rule: #d9dfe7;
          --native: #0b63ce; --libevent: #c2410c; --c: #4b5563; --peer: #15803d; --good: #15803d; --bad: #b91c1c; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaf0; --soft: #9aa6b5; --paper: #11161d; --panel: #1a212b;
          --rule: #2e3947; --native: #6aa9ff; --libevent: #fb923c; --c: #a8b3c1; --peer: #4ade80; --good: #4ade80;
          --bad: #f87171; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
        h1 { font-size: 1.7rem; line-height: 1.2; margin: .5rem 0; }
        h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--rule); }
        h3 { font-size: 1.05rem; margin: 2rem 0 .2rem; } h4 { font-size: .92rem; margin: 1.2rem 0 .2rem; }
        p { margin: .5rem 0; max-width: 46rem; } .lead { color: var(--soft); }
        .answer { background: var(--panel); border-left: 4px solid var(--native); padding: .6rem 1rem; border-radius: 4px; }
        nav a { margin-right: .9rem; } a { color: var(--native); }
        .key span { display: inline-block; margin-right: 1rem; } .key i { display: inline-block; width: .8rem; height: .8rem;
          border-radius: 50%; margin-right: .35rem; vertical-align: -.05rem; }
        .wide { overflow-x: auto; margin: .4rem 0 1rem; }
        table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; }
        .numbers th, .numbers td { padding: .2rem .55rem; text-align: right; white-space: nowrap;
          border-bottom: 1px solid var(--rule); }
        .numbers th:first-child { text-align: left; position: sticky; left: 0; background: var(--paper); }
        .numbers thead th { color: var(--soft); font-weight: 600; }
        .ratios { width: 100%; } .ratios th, .ratios td { padding: 0 .35rem 0 0; font-weight: 400; }
        .ratios th { text-align: left; white-space: nowrap; width: 9.5rem; } .ratios .number { white-space: nowrap; width: 9rem; text-align: right; }
        .ratios .word { width: 4.5rem; text-align: left; padding-left: .4rem; }
        .ratios small { color: var(--soft); } .track { border-left: 1px solid var(--rule); border-right: 1px solid var(--rule); }
        .track svg, .scale svg { display: block; overflow: visible; }
        .faster { color: var(--good); } .slower { color: var(--bad); } .open { color: var(--soft); }
        svg text { fill: var(--soft); font-size: 11px; } svg .axis { font-size: 12px; }
        .band { fill: var(--rule); } .interval { stroke-width: 3; stroke-linecap: round; opacity: .55; }
        .native { --own: var(--native); } .libevent { --own: var(--libevent); } .c { --own: var(--c); } .peer { --own: var(--peer); }
        .ratios th { color: var(--own); } .interval { stroke: var(--own); } .dot { fill: var(--own); }
        figure { margin: .8rem 0 1.6rem; } figcaption { font-size: .92rem; font-weight: 600; margin-bottom: .3rem; }
        .chart { display: flex; } .plot { flex: 1; min-width: 0; overflow: visible; } .names { width: 9rem; flex: none; overflow: visible; }
        .grid { stroke: var(--rule); stroke-width: 1; } .line line { stroke: var(--own); stroke-width: 2; }
        .line circle { fill: var(--own); } .line text { fill: var(--own); font-size: 11.5px; }
        .dash1 line { stroke-dasharray: 7 3; } .dash2 line { stroke-dasharray: 2 3; } .dash3 line { stroke-dasharray: 9 3 2 3; }
        dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; font-size: .92rem; margin: .5rem 0; }
        dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
        code { font: .88em ui-monospace, "DejaVu Sans Mono", monospace; background: var(--panel); padding: .1rem .3rem; border-radius: 3px;
          overflow-wrap: anywhere; }
        @media (max-width: 40rem) { .ratios th { width: 6.8rem; font-size: .78rem; } .ratios small { display: block; } .ratios .number { width: 4.6rem; }
          .ratios .word { width: 3.4rem; } .names { width: 7rem; } main { padding: .8rem .7rem 3rem; } }
        @media print { :root { --paper: #fff; --ink: #000; --soft: #444; --panel: #fff; --rule: #ccc; --native: #0b63ce; --libevent: #c2410c; --c: #444;
          --peer: #15803d; --good: #15803d; --bad: #b91c1c; } body { font-size: 10pt; } main { max-width: none; padding: 0; } nav { display: none; }
          figure, .ratios, .numbers { break-inside: avoid; } h2, h3, h4 { break-after: avoid; } .wide { overflow: visible; } .numbers { font-size: 7.5pt; } }
        """
}
