const PAIRS_A_LINE = 8;

/** A fingerprint as devices show it, pairs of hex digits in lines of eight: short enough to compare by eye. */
export function fingerprintLines(fingerprint: string): readonly string[] {
  const pairs = fingerprint.toUpperCase().match(/../g) ?? [];
  const lines: string[] = [];
  for (let i = 0; i < pairs.length; i += PAIRS_A_LINE) lines.push(pairs.slice(i, i + PAIRS_A_LINE).join(':'));
  return lines;
}
