import { createHash } from "node:crypto";
import { isSubjectFull } from "../../infra/nats/subject-full.ts";
import type { RunRequest } from "../../schemas/documents/automation.ts";
import { ParleyError } from "../../schemas/errors.ts";
import { subjects } from "../../schemas/messages/subjects.ts";
import type { ActorContext } from "../actor-context.ts";

/** Puts runs into the log; from there on they happen, whatever dies. */
export class RunIntake {
  readonly #publisher: ActorContext["publisher"];

  constructor({ publisher }: Pick<ActorContext, "publisher">) {
    this.#publisher = publisher;
  }

  /** @throws ParleyError `rate_limited` when the rule has as many unfinished runs as it may; as the stream does else */
  async start(request: RunRequest): Promise<void> {
    try {
      const subject = subjects.runIn(request.user, request.rule);
      await this.#publisher.publish(subject, JSON.stringify(request), request.id);
    } catch (err) {
      if (!isSubjectFull(err)) throw err;
      throw new ParleyError("rate_limited", { error: "该规则未完成的运行过多", cause: err });
    }
  }
}

/** The same id for the same cause of the same rule. */
export function runId(rule: string, cause: string): string {
  return `run_${createHash("sha256").update(`${rule} ${cause}`).digest("base64url").slice(0, 24)}`;
}
