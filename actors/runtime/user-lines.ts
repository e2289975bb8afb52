/** Serial queue per user; different users run concurrently. */
export class UserLines {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs the work after all earlier work of the user, regardless of its result. */
  run<T>(user: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(user) ?? Promise.resolve();
    const result = before.then(work, work);
    const done = result.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(user, done);
    void done.then(() => {
      if (this.#last.get(user) === done) this.#last.delete(user);
    });
    return result;
  }
}
