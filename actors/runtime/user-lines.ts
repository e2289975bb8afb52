/** Work of many users: that of one user runs one after another, that of different users side by side. */
export class UserLines {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs the work after all earlier work of the user, whether that succeeded or not. */
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
