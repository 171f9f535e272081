/** Of the page: readable on a screen, in the dark, and on paper. */
export const pageStyle = `
:root { color-scheme: light dark; --text: #1c2024; --soft: #5b6470; --line: #d5dae1; --back: #ffffff; --band: #f4f6f8; --good: #146c43; --bad: #a3161f; }
@media (prefers-color-scheme: dark) { :root { --text: #e8ebee; --soft: #a3adb8; --line: #39414a; --back: #15181c; --band: #1e2328; --good: #6fd3a0; --bad: #ff8f8f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2.5rem 1.5rem 4rem; color: var(--text); background: var(--back); font: 1rem/1.55 system-ui, sans-serif; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.5rem 0 .5rem; padding-bottom: .3rem; border-bottom: 1px solid var(--line); }
p { margin: .5rem 0; }
.soft { color: var(--soft); }
.verdict { margin: 1.5rem 0; padding: 1rem 1.25rem; border-left: .4rem solid; background: var(--band); font-size: 1.1rem; }
.good { border-color: var(--good); } .good strong { color: var(--good); }
.bad { border-color: var(--bad); } .kinds .bad, .bad strong { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .95rem; }
th, td { padding: .35rem .75rem .35rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { font-weight: 600; }
thead th { color: var(--soft); white-space: nowrap; }
tbody th { font-weight: 500; min-width: 9.5rem; }
caption { text-align: left; color: var(--soft); padding-bottom: .3rem; }
.kinds { list-style: none; margin: 0; padding: 0; color: var(--soft); font-size: .85rem; display: flex; flex-wrap: wrap; gap: 0 1em; }
.kinds li { white-space: nowrap; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
code { unicode-bidi: isolate; }
code, td.name { font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }
ul { padding-left: 1.25rem; }
@media print { :root { color-scheme: light; --text: #000; --soft: #444; --line: #bbb; --back: #fff; --band: #f2f2f2; --good: #14532d; --bad: #8f1a15; } body { max-width: none; padding: 0; } h2 { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; } .scroll { overflow: visible; } }
`
