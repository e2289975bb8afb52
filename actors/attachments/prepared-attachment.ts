/** An attachment as a model may be given it. `name` is a text of the user's. */
export type Shown =
  | { kind: "image"; name: string; dataUri: string }
  /** A picture for a model that does not see: what was measured of it. */
  | { kind: "described"; name: string; words: string }
  /** The beginning of a text; `whole` where that is all. */
  | { kind: "text"; name: string; text: string; whole: boolean }
  /** A kind of file that no model is given. */
  | { kind: "other"; name: string; type: string }
  | { kind: "unreadable"; name: string };
