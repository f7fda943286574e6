import { Fault } from '#kernel/fault.ts';

/** A key of an object or an index of an array. */
export type Step = string | number;

const STEP = /(?:^|\.)([^.[\]"\s]+)|\[(\d{1,9})\]|\[("(?:[^"\\]|\\.)*")\]/y;

/**
 * Reads a path such as `a.b[0].c`; keys with other characters are written `a["x.y"]`. The empty path is the document.
 * @throws Fault `json.bad-path`
 */
export function parsePath(text: string): readonly Step[] {
  const steps: Step[] = [];
  const step = new RegExp(STEP);
  while (step.lastIndex < text.length) {
    const from = step.lastIndex;
    const found = step.exec(text);
    if (!found) throw badPath(text, from);
    const [, key, index, quoted] = found;
    if (key !== undefined) steps.push(key);
    else if (index !== undefined) steps.push(Number(index));
    else steps.push(unquote(quoted as string, text, from));
  }
  return steps;
}

function unquote(quoted: string, text: string, from: number): string {
  try {
    return JSON.parse(quoted);
  } catch {
    throw badPath(text, from);
  }
}

const badPath = (text: string, from: number): Fault =>
  new Fault('json.bad-path', `'${text}' is no path into JSON, from '${text.slice(from)}' on`, {
    retry: 'never',
    hint: 'Write keys joined by dots and indices in brackets: a.b[0].c, or a["odd key"].',
  });
