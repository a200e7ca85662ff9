/// How a trace's picture looks, by day and by night.
enum TraceStyle {
    /// The elements that the shapes refer to: the colours, and the stripes of what goes unreported.
    static let sheet = """
        <style>
          svg { --sheet: #ffffff; --ink: #1f2328; --muted: #59636e; --line: #d1d9e0; --track: #eff2f5;
                --bytes: #0969da; --area: #b6e3ff; --good: #1a7f37; --bad: #bc4c00; --armed: #8c959f;
                --write: #ddf4ff; --read: #fbefff; --rearm: #fff8c5; --plain: #f6f8fa;
                font-family: system-ui, -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
          @media (prefers-color-scheme: dark) {
            svg { --sheet: #0d1117; --ink: #f0f6fc; --muted: #9198a1; --line: #3d444d; --track: #1c2128;
                  --bytes: #4493f8; --area: #1b3a63; --good: #3fb950; --bad: #f0883e; --armed: #656c76;
                  --write: #11294a; --read: #2a1c47; --rearm: #3a2d08; --plain: #1c2128; }
          }
          text { font-size: 13px; fill: var(--ink); }
          .title { font-size: 20px; font-weight: 600; }
          .name { font-weight: 600; }
          .muted { fill: var(--muted); }
          .small { font-size: 12px; }
          .count { font-size: 12px; font-weight: 600; fill: var(--bytes); text-anchor: middle; }
          .pill-text { font-size: 12px; text-anchor: middle; }
          .again { font-size: 11px; font-weight: 600; fill: var(--good); }
          .event-text, .blocks-text, .missed-text { font-size: 11px; text-anchor: middle; }
          .event-text { fill: var(--good); } .blocks-text { fill: var(--muted); } .missed-text { fill: var(--bad); }
          .sheet { fill: var(--sheet); }
          .guide { stroke: var(--line); stroke-dasharray: 2 3; }
          .axis { stroke: var(--line); }
          .area { fill: var(--area); opacity: .75; }
          .level { fill: none; stroke: var(--bytes); stroke-width: 2; stroke-linejoin: round; }
          .track { fill: var(--track); }
          .ready { fill: var(--good); }
          .trap { fill: url(#trap-stripes); stroke: var(--bad); }
          .calm { fill: url(#calm-stripes); stroke: var(--armed); }
          .trap-stripe { stroke: var(--bad); stroke-width: 3; opacity: .6; }
          .calm-stripe { stroke: var(--armed); stroke-width: 3; opacity: .6; }
          .armed { fill: var(--armed); }
          .pill { stroke: var(--line); }
          .write { fill: var(--write); } .read { fill: var(--read); } .wait { fill: var(--plain); }
          .rearm { fill: var(--rearm); }
          .event { fill: var(--good); stroke: var(--good); stroke-width: 2; }
          .blocks { fill: var(--sheet); stroke: var(--muted); stroke-width: 2; }
          .missed { fill: var(--sheet); stroke: var(--bad); stroke-width: 3; }
        </style>
        <defs>
          <pattern id="trap-stripes" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line class="trap-stripe" x1="0" y1="0" x2="0" y2="8"/>
          </pattern>
          <pattern id="calm-stripes" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
            <line class="calm-stripe" x1="0" y1="0" x2="0" y2="8"/>
          </pattern>
        </defs>
        """
}
