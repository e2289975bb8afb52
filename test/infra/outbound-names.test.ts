import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";
import test from "ava";
import { assertAllowedUrl, fetchOutbound } from "../../infra/outbound-http.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { startWeb } from "../_kit/fakes/web-page.ts";
import { settingsOf } from "../_kit/worlds/provider.ts";

type Address = { address: string; family: number };

const closed = settingsOf({});
const open = settingsOf({ ALLOW_PRIVATE_URLS: "true" });
const real = dns.lookup;

/** Answers all questions for names in the resolver's place, until `restore`. */
function answerNames(answer: (name: string) => Address[]): { asked: string[]; restore: () => void } {
  const asked: string[] = [];
  const set = (lookup: unknown) => {
    Object.assign(dns, { lookup });
    syncBuiltinESMExports();
  };
  set((name: string, _options: unknown, done: (err: Error | null, found: Address[]) => void) => {
    asked.push(name);
    done(null, answer(name));
  });
  return { asked, restore: () => set(real) };
}

test.serial("a name is refused when one of its addresses is not public", async (t) => {
  const inside: Record<string, string[]> = {
    "loopback.example": ["127.0.0.1"],
    "mixed.example": ["8.8.8.8", "10.0.0.1"],
    "cloud.example": ["169.254.169.254"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:10.0.0.1"],
  };
  const names = answerNames((name) =>
    (inside[name] ?? []).map((address) => ({ address, family: address.includes(":") ? 6 : 4 })),
  );
  try {
    for (const name of Object.keys(inside))
      for (const attempt of [assertAllowedUrl, (url: string) => fetchOutbound({ url }, closed)]) {
        const err = await t.throwsAsync(
          attempt(`http://${name}/`, closed),
          { instanceOf: ParleyError },
          name,
        );
        t.is(err?.errorType, "url_not_allowed", name);
      }
  } finally {
    names.restore();
  }
});

test.serial(
  "the address that was checked is connected to, whatever the name means a moment later",
  async (t) => {
    const web = await startWeb(t, (_path, response) => response.end("right"));
    let times = 0;
    const names = answerNames(() => {
      times += 1;
      // Nothing listens at the second one.
      return [{ address: times === 1 ? "127.0.0.1" : "127.0.0.2", family: 4 }];
    });
    try {
      const { port } = new URL(web.origin);
      const answer = await fetchOutbound({ url: `http://rebinding.example:${port}/` }, open);
      t.is(String(answer.body), "right");
      t.deepEqual(names.asked, ["rebinding.example"]);
    } finally {
      names.restore();
    }
  },
);
