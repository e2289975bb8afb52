import { computed, signal } from "@preact/signals";
import {
  type Answer,
  type ConnectionStatus,
  ParleyClient,
  RequestError,
  randomId,
  type Tokens,
} from "../../client/index.ts";

/** Address of the server: the folder of this page, whatever path it has. */
export const serverUrl = new URL(".", location.href.split("#")[0]).href;

const tokensKey = "parley.tokens";
const clientKey = "parley.client";
const deviceKey = "parley.device";

const tokens = {
  load: (): Tokens | undefined => {
    const text = localStorage.getItem(tokensKey);
    return text === null ? undefined : (JSON.parse(text) as Tokens);
  },
  save: (kept: Tokens | undefined): void => {
    if (kept === undefined) localStorage.removeItem(tokensKey);
    else localStorage.setItem(tokensKey, JSON.stringify(kept));
  },
};

/** What others see beside a message from here. */
export const deviceName = signal(localStorage.getItem(deviceKey) ?? platformName());

/** The signed-in user; undefined while nobody is. */
export const profile = signal<Answer<"getProfile"> | undefined>(undefined);
/** State of the connection. */
export const status = signal<ConnectionStatus>({ state: "offline" });
const current = signal<ParleyClient | undefined>(undefined);
/** Whether somebody is signed in, as far as is known without the server. */
export const signedIn = computed(() => current.value !== undefined);

/** The client of the signed-in user. @throws Error while nobody is signed in */
export function client(): ParleyClient {
  if (current.value === undefined) throw new Error("nobody is signed in");
  return current.value;
}

/** Changes this device's name; it holds from the next connection on. */
export function setDeviceName(name: string): void {
  deviceName.value = name;
  localStorage.setItem(deviceKey, name);
}

/** Goes on with the log-in of an earlier visit. */
export function resume(): void {
  if (tokens.load() !== undefined) begin();
}

/** Signs in. @throws RequestError */
export async function signIn(username: string, password: string): Promise<void> {
  await entered(anonymous().api.login({ body: { username, password } }));
}

/** Registers a user and signs in. @throws RequestError */
export async function register(body: {
  username: string;
  password: string;
  email: string;
  nickname: string;
  verify_code: string;
}): Promise<void> {
  await entered(anonymous().api.register({ body }));
}

/** Ends the log-in. */
export async function signOut(): Promise<void> {
  await current.value?.signOut();
  left();
}

function anonymous(): ParleyClient {
  return new ParleyClient({ url: serverUrl, token: "" });
}

async function entered(answer: Promise<Tokens>): Promise<void> {
  tokens.save(await answer);
  begin();
}

function left(): void {
  tokens.save(undefined);
  current.value?.close();
  current.value = undefined;
  profile.value = undefined;
}

function begin(): void {
  const id = localStorage.getItem(clientKey) ?? randomId("web_");
  localStorage.setItem(clientKey, id);
  const made = new ParleyClient({
    url: serverUrl,
    tokens,
    clientId: id,
    deviceName: deviceName.value,
    storage: localStorage,
    user: userOf(tokens.load()?.token),
  });
  made.onStatus((now) => {
    status.value = now;
    if (now.state === "signed_out") left();
  });
  current.value = made;
  made.connect();
  void readProfile(made);
}

async function readProfile(made: ParleyClient): Promise<void> {
  try {
    profile.value = await made.api.getProfile();
  } catch (error) {
    if (error instanceof RequestError && error.status === 401) left();
    else if (current.value === made) setTimeout(() => void readProfile(made), 3_000);
  }
}

/** The user's id in a token, to keep the drafts of different people apart. */
function userOf(token: string | undefined): string {
  try {
    const payload = token?.split(".")[1]?.replace(/-/g, "+").replace(/_/g, "/") ?? "";
    return String((JSON.parse(atob(payload)) as { sub?: string }).sub ?? "");
  } catch {
    return "";
  }
}

function platformName(): string {
  const agent = navigator.userAgent;
  const known = ["iPhone", "iPad", "Android", "Windows", "Macintosh", "Linux"].find((name) =>
    agent.includes(name),
  );
  const browser = ["Edg", "Firefox", "Chrome", "Safari"].find((name) => agent.includes(name)) ?? "";
  const shown = known === "Macintosh" ? "Mac" : (known ?? "Web");
  return `${shown} ${browser === "Edg" ? "Edge" : browser}`.trim();
}
