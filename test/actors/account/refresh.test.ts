import anyTest, { type TestFn } from "ava";
import jwt from "jsonwebtoken";
import { issueTokens } from "../../../actors/account/tokens.ts";
import { Api, type Reply } from "../../_kit/worlds/api.ts";
import { testSecret } from "../../_kit/worlds/token.ts";

const test = anyTest as TestFn<{ api: Api }>;

test.before(async (t) => {
  t.context = { api: await Api.start({ env: { REGISTRATION_ENABLED: "true", AUTH_RATE_LIMIT: "1000" } }) };
});
test.after.always((t) => t.context.api?.stop());

interface Tokens {
  token: string;
  refresh_token: string;
  expires: number;
}
const day = 24 * 3600 * 1000;
let users = 0;

async function newUser(api: Api): Promise<Tokens & { user_id: string }> {
  const username = `user${++users}`;
  const answer = await api.call("POST", "/api/v1/auth/register", null, {
    username,
    password: "secret",
    email: "a@b",
    nickname: "N",
    verify_code: "000000",
  });
  return answer.body as never;
}
const refresh = (api: Api, refresh_token: string) =>
  api.call("POST", "/api/v1/auth/refresh", null, { refresh_token });
const tokensOf = (reply: Reply) => reply.body as unknown as Tokens;
const works = async (api: Api, token: string) => (await api.call("GET", "/api/v1/profile", { token })).status;

test("a refresh token gives new tokens, which work", async (t) => {
  const { api } = t.context;
  const first = await newUser(api);
  const answer = await refresh(api, first.refresh_token);
  t.is(answer.status, 200, answer.text);
  const second = tokensOf(answer);
  t.not(second.refresh_token, first.refresh_token);
  t.true(Math.abs(second.expires - Date.now() / 1000 - 24 * 3600) < 10);
  t.is(await works(api, second.token), 200);
  t.is((await refresh(api, second.refresh_token)).status, 200);
});

test("a replayed refresh token ends its family: every token of it, at once", async (t) => {
  const { api } = t.context;
  const first = await newUser(api);
  const second = tokensOf(await refresh(api, first.refresh_token));
  const replay = await refresh(api, first.refresh_token);
  t.is(replay.status, 401);
  t.like(replay.body, { error: "刷新令牌无效或已过期" });
  t.is((await refresh(api, second.refresh_token)).status, 401);
  t.is(await works(api, second.token), 401);
  t.is(await works(api, first.token), 401);
  t.is((await api.call("POST", "/api/v1/auth/refresh", { token: second.token })).status, 401);
});

test("of refreshes at the same time one wins", async (t) => {
  const { api } = t.context;
  const first = await newUser(api);
  const answers = await Promise.all(Array.from({ length: 10 }, () => refresh(api, first.refresh_token)));
  const won = answers.filter(({ status }) => status === 200);
  t.is(won.length, 1);
  t.is(answers.filter(({ status }) => status === 401).length, 9);
});

test("an access token refreshes until 30 days after it was made, expired or not", async (t) => {
  const { api } = t.context;
  const { user_id } = await newUser(api);
  const aged = (days: number) =>
    issueTokens(testSecret, { user_id, nickname: "N" }, { now: Date.now() - days * day }).token;
  t.is(await works(api, aged(2)), 401);
  for (const [days, status] of [
    [0, 200],
    [2, 200],
    [29, 200],
    [31, 401],
  ] as const) {
    const answer = await api.call("POST", "/api/v1/auth/refresh", { token: aged(days) });
    t.is(answer.status, status, String(days));
    if (status === 200) t.is(await works(api, tokensOf(answer).token), 200);
  }
});

test("log-out ends the family of the token it is given", async (t) => {
  const { api } = t.context;
  const [one, two] = [await newUser(api), await newUser(api)];
  t.deepEqual((await api.call("POST", "/api/v1/auth/logout", { token: one.token })).body, {
    status: "ok",
  } as never);
  t.is(await works(api, one.token), 401);
  t.is((await refresh(api, one.refresh_token)).status, 401);
  t.is(await works(api, two.token), 200);
  const body = { refresh_token: two.refresh_token };
  t.is((await api.call("POST", "/api/v1/auth/logout", null, body)).status, 200);
  t.is(await works(api, two.token), 401);
});

test("what is no token of ours is refused", async (t) => {
  const { api } = t.context;
  const { token, refresh_token } = await newUser(api);
  const none = await api.call("POST", "/api/v1/auth/refresh", null);
  t.is(none.status, 401);
  t.like(none.body, { error: "未提供认证令牌", errorType: "unauthorized" });
  const forged = jwt.sign(jwt.decode(refresh_token) as object, "another secret of thirty-two bytes");
  const unsigned = jwt.sign(jwt.decode(refresh_token) as object, "", { algorithm: "none" });
  // An access token is no refresh token, and the reverse.
  for (const wrong of ["x", forged, unsigned, token]) {
    const answer = await refresh(api, wrong);
    t.is(answer.status, 401);
    t.like(answer.body, { error: "刷新令牌无效或已过期", errorType: "invalid_token" });
  }
  t.is((await api.call("POST", "/api/v1/auth/refresh", { token: refresh_token })).status, 401);
  t.is(await works(api, refresh_token), 401);
  t.is((await api.call("POST", "/api/v1/auth/refresh", null, { refresh_token: 5 })).status, 400);
  t.is((await refresh(api, refresh_token)).status, 200);
});
