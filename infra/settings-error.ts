/** An invalid configuration; the message says what to change. The command line exits 78 (EX_CONFIG). */
export class SettingsError extends Error {
  override name = "SettingsError";
}
