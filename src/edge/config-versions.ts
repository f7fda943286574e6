import type { Blueprint } from '#edge/blueprint.ts';
import { type Change, siteChanges } from '#edge/change.ts';
import type { ConfigVersion } from '#edge/config-history.ts';
import { diffLines, unified } from '#edge/line-diff.ts';
import { Fault } from '#kernel/fault.ts';

const HISTORY = '`holdfast config history` lists them';

/**
 * By the beginning of its digest, or `running`; the newest one of several that are equal.
 * @throws Fault `config.unknown`
 */
export function versionOf(name: string, versions: readonly ConfigVersion[]): ConfigVersion {
  const found =
    name === 'running' ? versions.slice(-1) : versions.filter(({ digest }) => digest.startsWith(name));
  const last = found.at(-1);
  if (last && new Set(found.map(({ digest }) => digest)).size === 1) return last;
  const what = last ? `${found.length} site files begin with ${name}` : `no site file begins with ${name}`;
  throw new Fault('config.unknown', what, { retry: 'never', hint: HISTORY });
}

/**
 * What ran before the present one took effect; an undo goes on from what it went back to.
 * @throws Fault `config.nothing-to-undo`
 */
export function earlier(running: string, versions: readonly ConfigVersion[]): ConfigVersion {
  let at = versions.findLastIndex(({ digest }) => digest === running);
  for (let entry = versions[at]; entry?.undoes !== undefined; entry = versions[at]) {
    const from = at;
    at = versions.findLastIndex(({ digest }, i) => i < from && digest === entry?.undoes);
  }
  const before = versions[at]?.before;
  const found = versions.findLast(({ digest }, i) => i < at && digest === before);
  if (found) return found;
  throw new Fault('config.nothing-to-undo', 'the journal remembers no site file before this one', {
    retry: 'never',
    hint: `name one; ${HISTORY}`,
  });
}

export interface TextDiff {
  readonly before: string;
  readonly after: string;
  /** By meaning; absent where one of the two has errors. */
  readonly changes?: readonly Change[];
  /** Lines of a unified diff; none where the texts are the same. */
  readonly unified: readonly string[];
}

type Text = Pick<ConfigVersion, 'digest' | 'text'>;

/** @param check gives the blueprint of a text without errors */
export async function diffOf(
  before: Text,
  after: Text,
  check: (text: string) => Promise<Blueprint | undefined>,
): Promise<TextDiff> {
  const [was, is] = await Promise.all([check(before.text), check(after.text)]);
  return {
    before: before.digest,
    after: after.digest,
    ...(was && is && { changes: siteChanges(was, is) }),
    unified: unified(diffLines(before.text, after.text)),
  };
}
