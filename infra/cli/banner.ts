import type { Settings } from "../../schemas/config.ts";
import { version } from "../checkout.ts";
import type { Engines } from "../engines/start.ts";
import type { Secrets } from "../installation/secrets.ts";

/** Content of the banner of `up`. */
export interface BannerFacts {
  settings: Pick<Settings, "host" | "adminUsername">;
  port: number;
  ports: Engines["ports"];
  secrets: Pick<Secrets, "adminPassword" | "generated">;
}

/** The banner of `up`: URL, administrator, password on the first start, three lines to paste into a shell. */
export function banner({ settings, port, ports, secrets }: BannerFacts): string {
  const host = ["0.0.0.0", "::"].includes(settings.host) ? "127.0.0.1" : settings.host;
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  const first = secrets.generated.includes("adminPassword");
  const password = first ? secrets.adminPassword : "YOUR_PASSWORD";
  const login = JSON.stringify({ username: settings.adminUsername, password }).replaceAll("'", "'\\''");
  const engines = Object.entries(ports).map(([name, number]) => `${name} ${number}`);
  return `
  Parley ${version}    http://${at}
  administrator        ${settings.adminUsername}
  password             ${first ? `${password}    (shown this once)` : "as on the first start, or ADMIN_PASSWORD"}
  engines              ${engines.length > 0 ? engines.join(", ") : "external"}

  TOKEN=$(curl -s http://${at}/api/v1/auth/login -H 'content-type: application/json' -d '${login}' | node -p 'JSON.parse(fs.readFileSync(0)).token')
  npx wscat -c "ws://${at}/ws/chat?token=$TOKEN&session_id=hello" -w 2 -x '{"type":"message","content":"hello"}'
  OPENAI_API_KEY=$TOKEN OPENAI_BASE_URL=http://${at}/v1 node --input-type=module -e 'import OpenAI from "openai"; console.log((await new OpenAI().chat.completions.create({model: "ena-test", messages: [{role: "user", content: "hello"}]})).choices[0].message.content)'

`;
}
