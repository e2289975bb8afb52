/** An attachment as it is sent to a model. `name` is user input. */
export type PreparedAttachment =
  | { kind: "image"; name: string; dataUri: string }
  /** A picture for a model without vision: its measurements in words. */
  | { kind: "described"; name: string; words: string }
  /** The beginning of a text; `whole` when it is complete. */
  | { kind: "text"; name: string; text: string; whole: boolean }
  /** A file type that is not sent to models. */
  | { kind: "other"; name: string; type: string }
  | { kind: "unreadable"; name: string };
