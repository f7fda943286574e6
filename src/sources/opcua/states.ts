type States = { readonly [code: number]: string };

interface Text {
  readonly text?: string | null;
}
interface Named {
  readonly value?: unknown;
  readonly name?: string | null;
  readonly displayName?: Text | null;
}

/**
 * Names of codes, from EnumStrings (LocalizedText by position), EnumValues or an EnumDefinition (OPC UA Part 3, 5.8.3
 * and 8.48). Undefined where it is none of them, or names nothing.
 */
export function statesOf(value: unknown): States | undefined {
  const entries = Array.isArray(value) ? value : (value as { fields?: unknown } | null)?.fields;
  if (!Array.isArray(entries)) return undefined;
  const states: Record<number, string> = {};
  for (const [i, entry] of (entries as (Text & Named)[]).entries()) {
    const isText = typeof entry?.text === 'string';
    const code = isText ? i : codeOf(entry?.value);
    const name = isText ? entry.text : (entry?.displayName?.text ?? entry?.name);
    if (code !== undefined && name) states[code] = name;
  }
  return Object.keys(states).length > 0 ? states : undefined;
}

/** The library has 64-bit integers as two halves. */
function codeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  return Number(BigInt.asIntN(64, (BigInt(value[0] >>> 0) << 32n) | BigInt(value[1] >>> 0)));
}
