import uWS from "uWebSockets.js";
import { MongoClient } from "mongodb";
import { collections, type Turn, turnKey } from "../../schemas/documents/collections.ts";

// The floor of a read over REST: one uWebSockets.js route that reads the same turns from MongoDB with one query and
// answers the same messages as JSON. No token, no validation, no other process, no queue, nothing that hides what was cleared.

const client = new MongoClient(process.env.MONGODB_URI ?? "");
await client.connect();
const turns = client.db("parley").collection<Turn>(collections.turns);

const app = uWS.App();
app.get("/:user/:session", (res, req) => {
  const user = req.getParameter(0) ?? "";
  const session = req.getParameter(1) ?? "";
  const limit = Number(new URLSearchParams(req.getQuery()).get("limit"));
  let gone = false;
  res.onAborted(() => {
    gone = true;
  });
  void answer(user, session, limit).then((body) => {
    if (!gone) res.cork(() => void res.writeHeader("content-type", "application/json").end(body));
  });
});

async function answer(user: string, session: string, limit: number): Promise<string> {
  const page = await turns
    .find({ _id: { $gte: turnKey(user, session, 0), $lt: turnKey(user, session, Number.MAX_SAFE_INTEGER) } })
    .sort({ _id: -1 })
    .limit(Math.ceil(limit / 2))
    .toArray();
  const messages = page.toReversed().flatMap((turn) => turn.messages);
  return JSON.stringify({ messages: messages.map((message) => ({ ...message, session_id: session })) });
}

app.listen("127.0.0.1", 0, (socket) => {
  if (socket === false) process.exit(1);
  process.stdout.write(`${JSON.stringify({ msg: "ready", port: uWS.us_socket_local_port(socket) })}\n`);
});
