import type { Fixture } from "./fixture.ts";

const sentence = "The maximum baggage weight on route KX-901 is 23 kg.";
const article = [
  "Passengers may bring one piece of baggage, and everything heavier than the limit is sent as freight with the next ship.",
  sentence,
  "Whoever books a cabin brings two pieces, which are weighed together at the pier, before the gangway opens in the morning.",
  "Bicycles, prams and wheelchairs are free of charge, as long as they are announced at the counter one day before departure.",
];

const page = (
  name: string,
  html: string,
  expected: readonly string[],
  absent: readonly string[] = [],
): Fixture => {
  return { name, type: "text/html", bytes: Buffer.from(html), expected, absent };
};
const menu = Array.from({ length: 30 }, (_, i) => `<li><a href="/m${i}">Menu entry ${i}</a></li>`).join("");
const paragraphs = article.map((text) => `<p>${text}</p>`).join("");

/** Pages and markup as servers send them. */
export function webFixtures(): Fixture[] {
  return [
    page(
      "form.html",
      `<body><form id="aspnetForm"><h1>Rules</h1><p>${sentence}</p><input value="secret"><select><option>x-option</option></select></form></body>`,
      ["# Rules", sentence],
      ["secret", "x-option"],
    ),
    page("no-body.html", `<!DOCTYPE html><head><meta charset=utf-8><title>Rules</title><p>${sentence}`, [
      "# Rules",
      sentence,
    ]),
    page(
      "menus.html",
      `<html><head><title>KX ferries</title></head><body><div class="menu"><ul>${menu}</ul></div><div class="content"><h1>Baggage</h1>${paragraphs}</div><div class="footer">Imprint</div></body></html>`,
      ["# KX ferries", "## Baggage", ...article],
      ["Menu entry 7"],
    ),
    page("title.html", `<title>Timetable 2026</title><body><p>${sentence}</p>`, [
      "# Timetable 2026",
      sentence,
    ]),
    page(
      "hidden.html",
      `<p>${sentence}</p><p hidden>Nobody sees this.</p><p style="color:red;display: none">Nor this.</p>`,
      [sentence],
      ["Nobody sees this", "Nor this"],
    ),
    page(
      "sup.html",
      "<p>The reactor makes 10<sup>3</sup> watts of H<sub>2</sub>O vapour<sup><a href='#1'>[1]</a></sup>.</p>",
      ["The reactor makes 10^3 watts of H2O vapour[1]."],
    ),
    page(
      "table.html",
      "<table><thead><tr><th>Part</th><th>Price</th></tr></thead><tbody><tr><td><p>KX-901</p></td><td><div>23.50</div></td></tr><tr><td>KX-902</td><td>31.00</td></tr></tbody></table>",
      ["Part | Price\nKX-901 | 23.50\nKX-902 | 31.00"],
    ),
    ...tagsAndFeeds(),
  ];
}

function tagsAndFeeds(): Fixture[] {
  const xml = (name: string, type: string, text: string, ...expected: string[]): Fixture => {
    return { name, type, bytes: Buffer.from(text), expected, absent: ["<p>", "&lt;"] };
  };
  const layout = `<table><tr><td><table><tr><td><h2>News</h2><p>${sentence}</p></td></tr></table></td></tr></table>`;
  const rss = `<?xml version="1.0"?><rss version="2.0"><channel><title>Ferry news</title><item><title>New route</title><description>&lt;p&gt;${sentence}&lt;/p&gt;</description></item></channel></rss>`;
  const atom = `<feed xmlns="http://www.w3.org/2005/Atom"><title>Log</title><entry><title>Entry</title><content type="html">&lt;b&gt;${sentence}&lt;/b&gt;</content></entry></feed>`;
  const app = '<html><body><div id="root"></div><script src="x.js"></script></body></html>';
  const scripts = `<script>var x = "evil"</script><style>p{}</style><p>${sentence}</p><nav>Go away</nav>`;
  const chinese =
    "<html lang=zh><title>规定</title><body><main><h1>行李</h1><p>最大重量是二十三公斤。</p></main>";
  return [
    page("layout-table.html", layout, ["## News", sentence]),
    page("list.html", "<ul><li>First<li>Second</ul><pre>a\n  b</pre>", ["- First\n- Second", "a\n  b"]),
    page("scripts.html", scripts, [sentence], ["evil", "Go away", "p{}"]),
    page("entities.html", "<p>caf&eacute; &amp; th&#x00e9; &lt;b&gt;</p>", ["café & thé <b>"]),
    page("deep.html", `${"<div>".repeat(3_000)}<p>${sentence}</p>`, [sentence]),
    page("chinese.html", chinese, ["# 规定", "## 行李", "最大重量是二十三公斤。"]),
    xml("feed.xml", "application/rss+xml", rss, "# Ferry news", "## New route", sentence),
    xml("atom.xml", "application/atom+xml", atom, "# Log", "## Entry", sentence),
    xml(
      "data.xml",
      "application/xml",
      `<parts><part><id>KX-901</id><note>${sentence}</note></part></parts>`,
      "id: KX-901",
      `note: ${sentence}`,
    ),
    { ...page("app.html", app, []), fails: /没有可提取的文字/ },
    { ...page("notes.md", `# Notes\n\n${sentence}\n`, [`# Notes\n\n${sentence}`]), type: "text/markdown" },
  ];
}
