import test from "ava";
import fc from "fast-check";
import { telegramHtml } from "../../../../edge/surfaces/bridge/telegram/telegram-markup.ts";

const cases: [markdown: string, html: string | undefined][] = [
  ["plain text", undefined],
  ["two\nlines", undefined],
  ["a **b** c", "a <b>b</b> c"],
  ["*i* ~~s~~ `c`", "<i>i</i> <s>s</s> <code>c</code>"],
  ["## Head\n\ntext", "<b>Head</b>\n\ntext"],
  ["```js\na < b\n```", '<pre><code class="language-js">a &lt; b</code></pre>'],
  ["- one\n- two **b**", "• one\n• two <b>b</b>"],
  ["2. x\n3. y", "2. x\n3. y"],
  ["[t](https://e.example/?a=1&b=2)", '<a href="https://e.example/?a=1&amp;b=2">t</a>'],
  ["[t](javascript:alert(1))", "t"],
  ["> quoted", "<blockquote>quoted</blockquote>"],
  ["<b>html</b> & co", undefined],
  ["<b>html</b> & **co**", "&lt;b&gt;html&lt;/b&gt; &amp; <b>co</b>"],
];
for (const [markdown, html] of cases) {
  test(`${JSON.stringify(markdown)} becomes ${html ?? "the text as it is"}`, (t) => {
    const expected = html === markdown ? undefined : html;
    t.is(telegramHtml(markdown), expected);
  });
}

const allowed = /<(\/?)(b|i|s|pre|code|a|blockquote)(?: (?:class="language-[\w+#-]+"|href="[^"<>]*"))?>/g;

test("whatever a model writes, the HTML is balanced and holds nothing but Telegram's tags", (t) => {
  const piece = fc.constantFrom(
    "**",
    "*",
    "`",
    "```",
    "\n",
    "\n\n",
    "<",
    ">",
    "&",
    "[x](",
    ")",
    "- ",
    "> ",
    "# ",
    "a",
    '"',
    "|",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const html = telegramHtml(pieces.join("")) ?? "";
      const open: string[] = [];
      for (const [, closes, name = ""] of html.matchAll(allowed)) {
        if (closes === "") open.push(name);
        else if (open.pop() !== name) return false;
      }
      return open.length === 0 && !/[<>]/.test(html.replace(allowed, ""));
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});
