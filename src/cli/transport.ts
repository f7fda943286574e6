import type { Call } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';

/* What carries questions to a site and to a hub alike. */

/** What an answer says that went wrong. */
export const faultOf = ({
  code,
  message,
  hint,
}: {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
}): Fault => new Fault(code, message, hint === undefined ? {} : { hint });

/** With its query. */
export function pathOf({ path, query = {} }: Call): string {
  const given = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) given.append(name, String(one));
  }
  return given.size === 0 ? path : `${path}?${given}`;
}

/** Path of the next page, of a header `Link`. */
export const nextIn = (link: string | null | undefined): string | undefined =>
  /<([^>]*)>; rel="next"/.exec(link ?? '')?.[1];

/** Text between separators, as it comes. */
export async function* partsOf(
  text: AsyncIterable<string> | Iterable<string>,
  separator: string,
): AsyncIterable<string> {
  let rest = '';
  for await (const chunk of text) {
    const parts = (rest + chunk).split(separator);
    rest = parts.pop() ?? '';
    yield* parts;
  }
}
