import anyTest, { type TestFn } from "ava";
import jwt from "jsonwebtoken";
import { startAccount } from "../../../actors/account/main.ts";
import { accessTokenSeconds, refreshTokenSeconds, tokenClaimsSchema } from "../../../schemas/principal.ts";
import { login } from "../../../schemas/routes/auth.ts";
import { actorContext, askRoute, type TestActor } from "../../_kit/worlds/actor.ts";
import { startEngines } from "../../_kit/worlds/engines.ts";
import { testSecret } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<TestActor>;

test.before(async (t) => {
  const engines = await startEngines();
  const teardown = (fn: () => unknown) => stops.push(fn);
  t.context = await actorContext({ teardown } as never, engines, {
    ADMIN_USERNAME: "the boss",
    AUTH_RATE_LIMIT: "1000",
  });
  // Nobody needs MongoDB to let the administrator in.
  await engines.mongod.kill("SIGKILL");
  await startAccount(t.context);
  stops.push(engines.stop);
});
const stops: (() => unknown)[] = [];
test.after.always(async () => {
  for (const stop of stops) await stop();
});

test("the administrator gets two tokens of one family", async (t) => {
  const now = Math.floor(Date.now() / 1000);
  const answer = await askRoute(t.context.nc, login, {
    body: { username: "the boss", password: "correct horse" },
  });
  t.is(answer.status, 200);
  const body = login.answer.parse(answer.body);
  t.is(body.user_id, "admin");
  t.is(body.nickname, "管理员");
  const claims = [body.token, body.refresh_token].map((token) =>
    tokenClaimsSchema.parse(jwt.verify(token, testSecret, { algorithms: ["HS256"] })),
  );
  const [access, refresh] = claims;
  t.deepEqual([access?.typ, refresh?.typ], ["access", "refresh"]);
  t.is(access?.fam, refresh?.fam);
  t.not(access?.jti, refresh?.jti);
  t.is(access?.exp, body.expires);
  t.true(Math.abs(body.expires - now - accessTokenSeconds) <= 2);
  t.true(Math.abs((refresh?.exp ?? 0) - now - refreshTokenSeconds) <= 2);
});

const refused: [string, string, number, string, string][] = [
  ["the boss", "correct horse ", 401, "用户名或密码错误", "invalid_credentials"],
  ["the boss", "", 401, "用户名或密码错误", "invalid_credentials"],
  // Whether there is such a user is not known now.
  ["nobody", "correct horse", 503, "存储服务暂不可用", "storage_unavailable"],
  ["admin", "correct horse", 503, "存储服务暂不可用", "storage_unavailable"],
  ["ab", "x", 400, "用户名格式无效", "invalid_request"],
  ["the boss ", "correct horse", 400, "用户名格式无效", "invalid_request"],
  ["bo.ss", "x", 400, "用户名格式无效", "invalid_request"],
  ["bоss", "x", 400, "用户名格式无效", "invalid_request"],
  ["a".repeat(33), "x", 400, "用户名格式无效", "invalid_request"],
];
for (const [username, password, status, error, errorType] of refused) {
  test(`${JSON.stringify(username)} with ${JSON.stringify(password)}: ${status}`, async (t) => {
    const answer = await askRoute(t.context.nc, login, { body: { username, password } });
    t.is(answer.status, status);
    t.like(answer.body, { error, errorType });
  });
}
