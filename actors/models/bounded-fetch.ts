import { ProviderError } from "./provider-error.ts";

/** Limits in bytes on a provider's response: the whole body, and one line of it (lines are buffered). */
export interface BodyBounds {
  bodyBytes: number;
  lineBytes: number;
}

const newline = 10;

/** A `fetch` whose response fails with a ProviderError as soon as its body exceeds a limit. */
export function boundedFetch({ bodyBytes, lineBytes }: BodyBounds): typeof fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.body === null) return response;
    let total = 0;
    let line = 0;
    const bound = new TransformStream<Uint8Array, Uint8Array>({
      transform(bytes, controller) {
        const lastBreak = bytes.lastIndexOf(newline);
        total += bytes.length;
        line = lastBreak < 0 ? line + bytes.length : bytes.length - lastBreak - 1;
        if (total > bodyBytes || line > lineBytes) controller.error(new ProviderError("上游回复过大"));
        else controller.enqueue(bytes);
      },
    });
    const { status, statusText, headers } = response;
    return new Response(response.body.pipeThrough(bound), { status, statusText, headers });
  };
}
