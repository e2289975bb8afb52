import { z } from "zod";
import { limitsSchema } from "./limits.ts";

const text = () => z.string().min(1);
const port = () => z.coerce.number("must be a number").int().min(0).max(65_535);
const quota = () => z.coerce.number("must be a number").int().min(0).default(0);
const url = (...schemes: string[]) =>
  text().refine(
    (value) => {
      const parsed = URL.canParse(value) ? new URL(value) : undefined;
      return parsed !== undefined && schemes.includes(parsed.protocol.slice(0, -1));
    },
    `must be a URL with scheme ${schemes.join(", ")}`,
  );

function isTimezone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}

const atLeast32Bytes = (value: string) => new TextEncoder().encode(value).length >= 32;

/** Every environment variable but the limits: name, type, default and one line of documentation. */
export const variablesSchema = z.object({
  PORT: port().default(6898).describe("HTTP port of all APIs; 0 = any free port"),
  HOST: text().default("127.0.0.1").describe("address to listen on; 0.0.0.0 = all"),
  DATA_DIR: text().default(".data").describe("folder for the embedded engines' data, logs and secrets"),
  LOG_LEVEL: z
    .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
    .default("info")
    .describe("minimum log level"),
  NATS_URL: z
    .string()
    .refine((list) => list.split(",").every((one) => url("nats", "tls").safeParse(one.trim()).success), {
      error: "must be nats:// or tls:// URLs, separated by commas",
    })
    .optional()
    .describe("external NATS, nats://user:password@host:4222[,…]; unset = embedded"),
  MONGODB_URI: z
    .string()
    .regex(/^mongodb(\+srv)?:\/\/\S+$/, "must begin with mongodb:// or mongodb+srv://")
    .optional()
    .describe(
      "external MongoDB replica set, mongodb://user:password@host/parley?replicaSet=rs0; unset = embedded",
    ),
  NATS_REPLICAS: z.coerce
    .number("must be a number")
    .refine((count) => [1, 3, 5].includes(count), "must be 1, 3 or 5")
    .default(1)
    .describe(
      "replicas of every stream, bucket and object store; 3 or 5 require a cluster of as many nats-servers",
    ),
  ALLOW_DOWNGRADE: z
    .stringbool()
    .default(false)
    .describe("whether to start on data written by a newer version"),
  PROCESS_NAME: text()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, dots, hyphens or underscores")
    .optional()
    .describe("value of the label `process` in metrics; unset = host, role and process id"),
  METRICS_PORT: port()
    .optional()
    .describe(
      "port of a process's /livez, /readyz and /metrics, without credentials; unset = none, 0 = any free port; of `up`: the port of the actors, the edge takes the next one",
    ),
  JWT_SECRET: z
    .string()
    .refine(atLeast32Bytes, "must have at least 32 bytes")
    .optional()
    .describe("key that signs access tokens, at least 32 bytes; unset = generated and stored in MongoDB"),
  ENCRYPTION_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, "must be 64 hexadecimal digits (32 bytes)")
    .optional()
    .describe(
      "key that encrypts stored provider keys, 64 hexadecimal digits; unset = generated and stored in MongoDB",
    ),
  ADMIN_USERNAME: text().max(64).default("admin").describe("user name of the administrator"),
  ADMIN_PASSWORD: text()
    .optional()
    .describe("password of the administrator; unset = generated and shown once"),
  CHAT_USERS: z
    .enum(["admin", "all"])
    .default("admin")
    .describe("who may open /ws/chat: the administrator, or all users"),
  REGISTRATION_ENABLED: z.stringbool().default(false).describe("whether new users may register"),
  VERIFY_CODE: text().default("000000").describe("verification code required for registration"),
  AUTH_RATE_LIMIT: z.coerce
    .number("must be a number")
    .int()
    .min(1)
    .default(5)
    .describe("login and registration attempts per minute and IP address"),
  TRUST_PROXY: z.stringbool().default(false).describe("whether to trust the peer's X-Forwarded-For header"),
  ALLOWED_ORIGINS: z
    .string()
    .transform((list) => list.split(",").map((one) => one.trim()))
    .pipe(
      z.array(
        z.union([z.literal("*"), url("http", "https")], "must be origins such as https://chat.example"),
      ),
    )
    .default([])
    .describe("allowed browser origins in addition to the server's own, separated by commas"),
  ALLOW_PRIVATE_URLS: z
    .stringbool()
    .default(false)
    .describe("whether user-supplied URLs may reach loopback and private addresses"),
  WEBHOOK_KEY: text().optional().describe("shared key of incoming webhooks (X-Webhook-Key)"),
  DISCORD_PUBLIC_KEY: z
    .string()
    .regex(/^[0-9a-fA-F]{64}$/, "must be 64 hexadecimal digits")
    .optional()
    .describe("Ed25519 public key of the Discord application"),
  DISCORD_API_URL: url("http", "https")
    .default("https://discord.com/api/v10")
    .describe("base URL of the Discord API"),
  ONEBOT_ACCESS_TOKEN: text()
    .optional()
    .describe("token required of OneBot (QQ) clients; unset = all are rejected"),
  QQ_REQUIRE_BIND: z
    .stringbool()
    .default(false)
    .describe("whether QQ users must bind an account before they can chat"),
  TELEGRAM_BOT_TOKEN: text().optional().describe("token of the Telegram bot; unset = no Telegram"),
  TELEGRAM_WEBHOOK_SECRET: text().optional().describe("secret token of Telegram's webhook calls"),
  TELEGRAM_API_URL: url("http", "https")
    .default("https://api.telegram.org")
    .describe("base URL of the Telegram bot API"),
  FEISHU_APP_ID: text().optional().describe("id of the Feishu app (cli_…); unset = no Feishu"),
  FEISHU_APP_SECRET: text().optional().describe("secret of the Feishu app"),
  FEISHU_ENCRYPT_KEY: text()
    .optional()
    .describe("encrypt key of the Feishu app's events; required, as it also signs them"),
  FEISHU_API_URL: url("http", "https")
    .default("https://open.feishu.cn")
    .describe("base URL of the Feishu API; https://open.larksuite.com for Lark"),
  OPENAI_BASE_URL: url("http", "https")
    .optional()
    .describe("base URL of an OpenAI-compatible provider, …/v1"),
  OPENAI_API_KEY: text().optional().describe("key of that provider"),
  OPENAI_MODEL: text().optional().describe("model of that provider"),
  EMBEDDINGS_URL: url("http", "https")
    .optional()
    .describe("base URL of an OpenAI-compatible embeddings server, …/v1; unset = the embedded one"),
  EMBEDDINGS_MODEL: text().optional().describe("model of that embeddings server"),
  EMBEDDINGS_API_KEY: text().optional().describe("key of that embeddings server"),
  STT_URL: url("http", "https")
    .optional()
    .describe(
      "base URL of an OpenAI-compatible speech-to-text server, …/v1; unset = the embedded whisper, if installed",
    ),
  MEMORY_EXTRACTION: z
    .enum(["auto", "patterns", "off"])
    .default("auto")
    .describe("how facts are extracted from conversations: auto = by a model if one is configured"),
  SYSTEM_PROMPT: text()
    .default("You are a helpful assistant. Answer in the language of the user.")
    .describe("system prompt of every conversation"),
  DEFAULT_TIMEZONE: text()
    .refine(isTimezone, "must be an IANA time zone such as Asia/Shanghai")
    .optional()
    .describe("default time zone of users; unset = the system's"),
  QUOTA_DAY_MESSAGES: quota().describe("messages per user and day; 0 = no quota"),
  QUOTA_DAY_TOKENS: quota().describe("tokens per user and day; 0 = no quota"),
  QUOTA_MONTH_MESSAGES: quota().describe("messages per user and month; 0 = no quota"),
  QUOTA_MONTH_TOKENS: quota().describe("tokens per user and month; 0 = no quota"),
  NATS_PORT: port().default(4222).describe("port of the embedded NATS; if in use, the next free port"),
  MQTT_PORT: port()
    .default(1883)
    .describe("port of the embedded NATS's MQTT listener; if in use, the next free port"),
  MONGODB_PORT: port()
    .default(27_017)
    .describe("port of the embedded MongoDB; if in use, the next free port"),
  EXTRAS: z
    .stringbool()
    .default(true)
    .describe(
      "whether to install and run the local chat model and embeddings, and to run an installed whisper",
    ),
});

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Lowercase<Head>}${Capitalize<Camel<Tail>>}`
  : Lowercase<S>;
type Variables = z.infer<typeof variablesSchema>;

/** The validated configuration: each variable in camelCase (`DATA_DIR` is `dataDir`), and the limits. */
export type Settings = { readonly [K in keyof Variables as Camel<K & string>]: Variables[K] } & {
  readonly limits: Readonly<z.infer<typeof limitsSchema>>;
};

const camel = (name: string) =>
  name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const limitVariable = (name: string) => `LIMIT_${name.replace(/[A-Z]/g, "_$&").toUpperCase()}`;
const limitNames = Object.keys(limitsSchema.shape) as (keyof typeof limitsSchema.shape)[];

/** The whole environment: `variablesSchema` and one `LIMIT_…` per limit. Unknown names are refused. */
export const environmentSchema = z.strictObject({
  ...variablesSchema.shape,
  ...Object.fromEntries(limitNames.map((name) => [limitVariable(name), limitsSchema.shape[name]])),
});

/** Parses an environment (names in capitals, all values text) to `Settings`. */
export const configSchema = environmentSchema.transform((environment): Settings => {
  const values = environment as Record<string, unknown>;
  const variables = Object.keys(variablesSchema.shape).map((name) => [camel(name), values[name]]);
  const limits = limitNames.map((name) => [name, values[limitVariable(name)]]);
  return { ...Object.fromEntries(variables), limits: Object.fromEntries(limits) };
});

/** Name, documentation and schema of every variable, in the order in which they are documented. */
export const variables: readonly { name: string; doc: string; schema: z.ZodType }[] = Object.entries(
  environmentSchema.shape,
).map(([name, schema]) => ({ name, doc: schema.description ?? "", schema }));
