/**
 * Flags with which an edge is best started. Young garbage of an edge dies at once, so V8's new space needs not grow to
 * its 32 MiB, which would be more than thousands of idle sockets take. V8 reads this one at its start only.
 */
export const edgeNodeFlags: readonly string[] = ["--max-semi-space-size=1"];

/**
 * Flags with which actors are best started. What a turn makes lives until its commit, longer than V8's new space lasts
 * under load: with more of it, a tenth less CPU goes into moving it about.
 */
export const actorNodeFlags: readonly string[] = ["--max-semi-space-size=32"];
