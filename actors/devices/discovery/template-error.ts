/** What a template asks for and is not understood, in the words that the API shows. */
export class TemplateError extends Error {}
