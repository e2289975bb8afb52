/** An unsupported or invalid template; the message is returned by the API. */
export class TemplateError extends Error {}
