import { useEffect, useState } from "preact/hooks";
import type { Session, SessionState } from "../../client/index.ts";

/** A session's state, drawn at most once a frame however much of it changes. */
export function useSession(session: Session): SessionState {
  const [state, setState] = useState(session.state);
  useEffect(() => {
    let frame = 0;
    const draw = () => {
      frame = 0;
      setState(session.state);
    };
    draw();
    const end = session.subscribe(() => {
      frame ||= requestAnimationFrame(draw);
    });
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [session]);
  return state.id === session.id ? state : session.state;
}

/** What was asked of the server: its answer, an error, or neither yet. `again` asks once more. */
export interface Asked<T> {
  value: T | undefined;
  error: unknown;
  again(): void;
}

/** Asks when the view is shown, and whenever one of `inputs` changes. What was shown stays until the answer is there. */
export function useAsked<T>(ask: () => Promise<T>, inputs: readonly unknown[]): Asked<T> {
  const [round, setRound] = useState(0);
  const [value, setValue] = useState<T>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    let wanted = true;
    ask().then(
      (answer) => {
        if (!wanted) return;
        setValue(answer);
        setError(undefined);
      },
      (cause: unknown) => wanted && setError(cause),
    );
    return () => {
      wanted = false;
    };
  }, [...inputs, round]);
  return { value, error, again: () => setRound((number) => number + 1) };
}
