#pragma once
// How the drift report looks: on paper, on a screen, in the dark, and for people who do not tell
// red from green (what drifted has a shape of its own besides its colour).

namespace muster::cli {

inline constexpr char kDriftPageStyle[] = R"css(
:root{--bg:#fff;--fg:#1b1f24;--dim:#5b6570;--rule:#d8dee4;--card:#f6f8fa;--then:#a9b4be;--now:#c2570c;
--alarm:#c8102e;--version:#00795a;--firing:#6f42c1;--good:#1a7f37;--warn:#8a6100;--a:#0b63b0;--b:#a15c00;--c:#5b6570;color-scheme:light dark}
@media (prefers-color-scheme:dark){:root{--bg:#0f1419;--fg:#e6edf3;--dim:#9aa5b1;--rule:#2f3841;--card:#171d24;--then:#5a6672;
--now:#ff9b4a;--alarm:#ff6b6b;--version:#3fcf9f;--firing:#b794ff;--good:#4cc46a;--warn:#e0b341;--a:#6cb6ff;--b:#e0b341;--c:#9aa5b1}}
@media print{:root{--bg:#fff;--fg:#000;--dim:#444;--rule:#ccc;--card:#fff;--then:#b5bec7;--now:#c2570c;--alarm:#c8102e;--version:#00795a;
--firing:#6f42c1;--good:#1a7f37;--warn:#8a6100;--a:#0b63b0;--b:#a15c00;--c:#5b6570}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}

*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;background:var(--bg);color:var(--fg);margin:0 auto;padding:1.5rem;max-width:70rem}
h1{font-size:1.6rem;margin:0}h2{font-size:1.2rem;margin:2.2rem 0 .4rem}h3{font-size:1rem;margin:1.2rem 0 .3rem}
p{margin:.3rem 0}.dim,small{color:var(--dim)}code{font:.85em ui-monospace,monospace;overflow-wrap:anywhere}
.head{border-left:.5rem solid var(--dim);padding:.6rem 1rem;background:var(--card);margin:1rem 0}
.head strong{font-size:1.5rem;display:block;line-height:1.3}
.head.drifted{border-color:var(--alarm)}.head.drifted strong{color:var(--alarm)}
.head.steady{border-color:var(--good)}.head.steady strong{color:var(--good)}
.head.unjudged{border-color:var(--warn)}.head.unjudged strong{color:var(--warn)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.6rem;margin:1rem 0}
.tile{background:var(--card);padding:.5rem .8rem}.tile b{display:block;font-size:1.25rem}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(13rem,100%),1fr));gap:.8rem}
.card{background:var(--card);padding:.6rem .8rem;border-top:3px solid var(--rule)}.card.drifted{border-color:var(--alarm)}
.card h3{margin:0;display:flex;justify-content:space-between;gap:.5rem;overflow-wrap:anywhere}
.badge{font-size:.8rem;font-weight:600;white-space:nowrap}.bad{color:var(--alarm)}.good{color:var(--good)}.warn{color:var(--warn)}
.wide{overflow-x:auto}.wide.late{direction:rtl}.wide.late>*{direction:ltr}.wide svg.chart{min-width:44rem}.wide svg.ranks{min-width:26rem;max-width:48rem}
svg{display:block;width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--dim)}
.then{fill:var(--then)}.now{fill:var(--now);fill-opacity:.16;stroke:var(--now);stroke-width:1.8}
.rule,.tick{stroke:var(--rule);stroke-width:1;fill:none}.level{stroke:var(--alarm);stroke-dasharray:3 3;stroke-opacity:.6;fill:none}
.line{stroke:var(--dim);stroke-width:1.2;fill:none}.calm{fill:var(--dim)}.alarm{fill:var(--alarm)}.gap{stroke:var(--warn);stroke-width:1.5;fill:none}
.firing{stroke:var(--firing);stroke-width:1.5;fill:none}.version{stroke:var(--version);stroke-width:1.5;stroke-dasharray:6 3;fill:none}
svg text.firing-text{fill:var(--firing)}svg text.version-text{fill:var(--version)}
.series-a,.series-b,.series-c{fill:none;stroke-width:2}.series-a{stroke:var(--a)}.series-b{stroke:var(--b);stroke-dasharray:6 3}.series-c{stroke:var(--c);stroke-dasharray:2 3}
.series-a-dot{fill:var(--a)}.series-b-dot{fill:var(--b)}.series-c-dot{fill:var(--c)}
svg text.series-a-text{fill:var(--a)}svg text.series-b-text{fill:var(--b)}svg text.series-c-text{fill:var(--c)}
.bar{fill:var(--then)}.bar-drifted{fill:var(--alarm)}.bar-own{fill:var(--firing)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;font-size:.85rem;color:var(--dim);margin:.3rem 0}
.key{display:inline-block;width:1.4rem;height:.7rem;margin-right:.35rem;vertical-align:baseline}
.key.t{background:var(--then)}.key.n{border:2px solid var(--now)}.key.l{border-top:2px dashed var(--alarm);height:0;vertical-align:middle}
.key.f{border-top:2px solid var(--firing);height:0;vertical-align:middle}.key.v{border-top:2px dashed var(--version);height:0;vertical-align:middle}
table{border-collapse:collapse;font-size:.9rem}th,td{text-align:left;vertical-align:top;padding:.25rem .7rem .25rem 0;border-bottom:1px solid var(--rule)}
th{color:var(--dim);font-weight:600;white-space:nowrap}td.num,th.num{text-align:right}
table.heat td,table.heat th{padding:.3rem .45rem;text-align:center;border:1px solid var(--bg);white-space:nowrap}
table.heat th:first-child{text-align:left}table.heat td.hot{font-weight:700}
ul.tree{list-style:none;padding-left:1.1rem;margin:.2rem 0}ul.tree>li{border-left:1px solid var(--rule);padding-left:.7rem;margin:.15rem 0}
td.text{min-width:12rem}td.slices{white-space:nowrap}
footer{margin-top:2.5rem;border-top:1px solid var(--rule);padding-top:.6rem;color:var(--dim);font-size:.88rem}
@media print{body{padding:0;font-size:12px}h2,h3,.legend,p.dim{break-after:avoid}.card,tr,svg,.head,.tile{break-inside:avoid}
.wide{overflow:visible}.wide svg.chart,.wide svg.ranks{min-width:0}.cards{grid-template-columns:repeat(4,1fr)}
table{font-size:10px}td.text{min-width:8rem}table.heat td,table.heat th{padding:.15rem .2rem}}
)css";

}  // namespace muster::cli
