import { RequestError } from "./request-error.ts";

/** Tokens of a login. `expires` is the expiry of `token`, Unix seconds. */
export interface Tokens {
  token: string;
  refresh_token: string;
  expires: number;
}

/** Stores tokens across restarts, for example in `localStorage`; several tabs may share one. */
export interface TokenStore {
  load(): Tokens | undefined;
  save(tokens: Tokens | undefined): void;
}

/** A way to authenticate the user. */
export type Identification =
  /** A JWT or an API key (`sk-…`), used unchanged. */
  | { token: string }
  /** A login, repeated when its refresh token has expired. */
  | { credentials: { username: string; password: string } }
  /** Called for a token before each connection, and after a rejected one. */
  | { getToken: () => string | Promise<string> }
  /** Tokens of an earlier login, refreshed before they expire. */
  | { tokens: TokenStore };

/** Sends a JSON body to a path of the API without a token. */
type Post = (path: string, body: unknown) => Promise<unknown>;

/** Tokens are refreshed this long before they expire. */
const earlyMs = 120_000;

/** Provides the token of a request, refreshed when expired or rejected. */
export class TokenSource {
  readonly #how: Identification;
  readonly #post: Post;
  #tokens: Tokens | undefined;
  #renewing: Promise<string> | undefined;

  constructor(how: Identification, post: Post) {
    this.#how = how;
    this.#post = post;
  }

  /** Returns a valid token. @throws RequestError 401 when the user must sign in again */
  async get(): Promise<string> {
    if ("token" in this.#how) return this.#how.token;
    if ("getToken" in this.#how) return this.#how.getToken();
    const tokens = this.#load();
    if (tokens !== undefined && tokens.expires * 1_000 - Date.now() > earlyMs) return tokens.token;
    return this.renew(tokens?.token);
  }

  /** Returns a token other than `refused`. @throws RequestError 401 when there is none */
  renew(refused: string | undefined): Promise<string> {
    if ("token" in this.#how) return Promise.reject(signedOut());
    if ("getToken" in this.#how) return Promise.resolve(this.#how.getToken());
    this.#renewing ??= exclusive(() => this.#renew(refused)).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  /** The refresh token, for a logout. */
  get refreshToken(): string | undefined {
    return this.#load()?.refresh_token;
  }

  /** Discards the tokens. */
  forget(): void {
    this.#save(undefined);
  }

  async #renew(refused: string | undefined): Promise<string> {
    const tokens = this.#load();
    // Another tab may have refreshed them; a refresh token works once.
    if (tokens !== undefined && tokens.token !== refused) return tokens.token;
    if (tokens !== undefined) {
      try {
        return this.#save(await this.#post("api/v1/auth/refresh", { refresh_token: tokens.refresh_token }));
      } catch (error) {
        if (!(error instanceof RequestError) || error.status !== 401) throw error;
      }
    }
    if (!("credentials" in this.#how)) throw signedOut();
    return this.#save(await this.#post("api/v1/auth/login", this.#how.credentials));
  }

  #load(): Tokens | undefined {
    return "tokens" in this.#how ? this.#how.tokens.load() : this.#tokens;
  }

  #save(answer: unknown): string {
    const tokens = answer as Tokens | undefined;
    const kept = tokens && {
      token: tokens.token,
      refresh_token: tokens.refresh_token,
      expires: tokens.expires,
    };
    if ("tokens" in this.#how) this.#how.tokens.save(kept);
    else this.#tokens = kept;
    return kept?.token ?? "";
  }
}

function signedOut(): RequestError {
  return new RequestError("The token is invalid or has expired", { status: 401, errorType: "invalid_token" });
}

interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>;
}

/** Runs `work` in one tab at a time, if the browser has the Web Locks API. */
function exclusive<T>(work: () => Promise<T>): Promise<T> {
  const { locks } = (globalThis as { navigator?: { locks?: Locks } }).navigator ?? {};
  return locks === undefined ? work() : locks.request("parley.tokens", work);
}
