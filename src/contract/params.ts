/** Values that an asset gives to the parameters of its type. */
export interface Values {
  readonly [name: string]: number | boolean | string;
}

const PARAM = /\$\{([^}]*)\}/g;

export const hasParam = (text: string): boolean => text.includes('${');

/** Every `${name}` with its offset in the text, also one that is never closed. */
export function paramsIn(text: string): { readonly name: string; readonly offset: number }[] {
  const found = [...text.matchAll(PARAM)].map((match) => ({ name: match[1] ?? '', offset: match.index }));
  const open = text.lastIndexOf('${');
  if (open >= 0 && !text.includes('}', open)) found.push({ name: text.slice(open + 2), offset: open });
  return found;
}

/** Fills texts at any depth. A text that is one parameter and nothing else takes the value with its type. */
export function fill(value: unknown, values: Values): unknown {
  if (typeof value === 'string') return fillText(value, values);
  if (Array.isArray(value)) return value.map((inner) => fill(inner, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, fill(inner, values)]));
}

function fillText(text: string, values: Values): unknown {
  if (!hasParam(text)) return text;
  const whole = /^\$\{([^}]*)\}$/.exec(text)?.[1];
  const own = whole === undefined ? undefined : given(values, whole);
  if (own !== undefined) return own;
  return text.replace(PARAM, (written, name: string) => String(given(values, name) ?? written));
}

const given = (values: Values, name: string) => (Object.hasOwn(values, name) ? values[name] : undefined);

/** Offset in the text as written, for an offset in the text after filling. */
export function offsetAsWritten(written: string, values: Values, offset: number): number {
  let longer = 0;
  for (const match of written.matchAll(PARAM)) {
    const value = given(values, match[1] ?? '');
    if (value === undefined) continue;
    const start = match.index + longer;
    const length = String(value).length;
    if (offset < start) break;
    if (offset < start + length) return match.index;
    longer += length - match[0].length;
  }
  return offset - longer;
}
