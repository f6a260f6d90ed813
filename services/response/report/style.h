// The report page's style sheet.
#pragma once

namespace dangol::response {

inline constexpr char kStyle[] = R"css(
:root{color-scheme:light dark;--bg:#f6f7f9;--card:#fff;--ink:#17202b;--soft:#556271;--line:#dde2e8;
--accent:#2456c4;--track:#e9edf3;--up:#0b6e4f;--upbg:#e3f4ec;--down:#a8271f;--downbg:#fbe9e7;
--flat:#5d6672;--flatbg:#eceff3;--warnbg:#fff3d6;--warn:#7a4b00;--truth:#b4540a}
@media (prefers-color-scheme:dark){:root{--bg:#11161d;--card:#1a212b;--ink:#e8edf3;--soft:#a2aebc;
--line:#2f3947;--accent:#7aa5ff;--track:#27303c;--up:#5fd3a5;--upbg:#12362a;--down:#ff9a8f;
--downbg:#43201d;--flat:#b3bdc9;--flatbg:#29323e;--warnbg:#40310f;--warn:#ffd27a;--truth:#ffb066}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,
"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK KR",sans-serif;overflow-wrap:anywhere}
main{max-width:960px;margin:0 auto;padding:32px 20px 56px}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:0 0 12px}h3{font-size:1.02rem;margin:26px 0 8px}
p{margin:0 0 10px}.soft{color:var(--soft)}.small{font-size:.875rem}
section,.hero{background:var(--card);border:1px solid var(--line);border-radius:14px;
padding:22px 24px;margin:18px 0}
.hero{border-left:6px solid var(--accent)}
.hero p{font-size:1.16rem;line-height:1.5;margin:0 0 14px}.hero p:last-child{margin:0}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:18px 0 0}
.facts div{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:12px 16px}
.facts dt{font-size:.82rem;color:var(--soft)}.facts dd{margin:0;font-size:1.2rem;font-weight:650}
dl{margin:0}
.tag{display:inline-block;border-radius:99px;padding:1px 11px;font-size:.84rem;font-weight:650;
white-space:nowrap}
.tag.up{color:var(--up);background:var(--upbg)}.tag.down{color:var(--down);background:var(--downbg)}
.tag.flat{color:var(--flat);background:var(--flatbg)}
.note-box{border-radius:10px;padding:12px 16px;margin:14px 0}
.note-box.ok{background:var(--upbg)}.note-box.ok b{color:var(--up)}
.note-box.bad{background:var(--downbg)}.note-box.bad b{color:var(--down)}
.note-box.warn{background:var(--warnbg)}.note-box.warn b{color:var(--warn)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem;font-variant-numeric:tabular-nums}
th,td{padding:8px 10px;text-align:right;border-bottom:1px solid var(--line);white-space:nowrap}
th:first-child,td:first-child{text-align:left;white-space:normal;min-width:8em}
thead th{overflow-wrap:normal;word-break:keep-all;color:var(--soft);font-weight:600;font-size:.84rem;vertical-align:bottom;white-space:normal}
tbody th{font-weight:600}td.wrap{white-space:normal;min-width:11em;text-align:left}
th.wrap{text-align:left}tbody tr:last-child>*{border-bottom:0}
caption{text-align:left;color:var(--soft);font-size:.875rem;padding-bottom:6px}
svg.chart{width:100%;height:auto;display:block;margin:6px 0;font-size:14px}
svg text{fill:var(--ink)}svg .label{font-weight:600}svg .note,svg .tick,svg .tickend{fill:var(--soft);
font-size:12px}svg .tick{text-anchor:middle}svg .tickend,svg .value{text-anchor:end}
svg .value{font-weight:650}svg .track{fill:var(--track)}svg .bar{fill:var(--accent)}
svg .grid{stroke:var(--line)}svg .zero{stroke:var(--ink);stroke-width:1.5}
svg .whisker{stroke:currentColor;stroke-width:3;stroke-linecap:round}svg .point{fill:currentColor}
svg .up{color:var(--up)}svg .down{color:var(--down)}svg .unsure{color:var(--flat)}
svg .truth{fill:var(--card);stroke:var(--truth);stroke-width:2.5}
.key{display:flex;flex-wrap:wrap;gap:4px 20px;font-size:.84rem;color:var(--soft);margin:2px 0 0;
padding:0;list-style:none}
ul.reasons{margin:6px 0;padding-left:20px}
details summary{cursor:pointer;font-weight:600}
@media (max-width:600px){main{padding:18px 12px}section,.hero{padding:16px}
svg.chart{min-width:560px}.hero p{font-size:1.04rem}}
@media print{:root{--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#2456c4;
--track:#eee;--up:#0b6e4f;--upbg:#e3f4ec;--down:#a8271f;--downbg:#fbe9e7;--flat:#555;
--flatbg:#eee;--warnbg:#fff3d6;--warn:#7a4b00;--truth:#b4540a;color-scheme:light}
body{font-size:10.5pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
main{max-width:none;padding:0}section,.hero{padding:12px 14px}
table{font-size:8pt}th,td{padding:4px 5px;white-space:normal;overflow-wrap:normal}thead th{font-size:7.5pt}th:first-child{min-width:5em}
.scroll{overflow:visible}svg.chart{max-width:150mm}
.hero,.facts,tr,svg,.note-box{break-inside:avoid}h2,h3{break-after:avoid}}
)css";

}  // namespace dangol::response
