import { type Change, needRestart } from '#edge/change.ts';
import type { Core } from '#edge/core.ts';
import { Fault } from '#kernel/fault.ts';
import type { TagTable } from '#kernel/tag-table.ts';

/** Fields of a tag that say what its rows mean. */
const MEANING: ReadonlySet<string> = new Set([
  'source',
  'address',
  'scale',
  'unit',
  'type',
  'access',
  'derive',
]);

/** Tags that came, and those whose rows mean something else now. @param table with the tags of the file that comes */
export function redefinedTags(changes: readonly Change[], table: TagTable): Set<number> {
  const redefined = changes.filter(
    ({ section, what, fields }) =>
      section === 'tags' &&
      (what === 'added' || (what === 'changed' && fields.some(({ path }) => MEANING.has(firstOf(path))))),
  );
  return new Set(redefined.map(({ id }) => table.number(id)));
}

/** Alarms that are taken away while they ask for somebody: that must not go by unseen. */
export function endedAlarms(core: Core, changes: readonly Change[]): string[] {
  const removed = changes.filter(({ section, what }) => section === 'alarms' && what === 'removed');
  if (removed.length === 0) return [];
  const standing = new Set(
    core.decisions.alarms().flatMap(({ id, state }) => (state === 'normal' ? [] : [id])),
  );
  return removed.map(({ id }) => id).filter((id) => standing.has(id));
}

const firstOf = (path: string): string => path.split('.')[0] ?? path;

/** @throws Fault `config.needs-restart` */
export function mustBeHot(changes: readonly Change[]): void {
  const fields = needRestart(changes);
  if (fields.length === 0) return;
  throw new Fault('config.needs-restart', `${fields.join(', ')}: a change of this needs a restart`, {
    retry: 'never',
    hint: 'Nothing of the file was applied. Take this change out of it, or restart the site with it.',
  });
}
