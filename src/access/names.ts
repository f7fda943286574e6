import { Fault } from '#kernel/fault.ts';

/** Names as people have them: letters of any script, digits, `. _ @ -`. */
const NAME = /^[\p{L}\p{N}][\p{L}\p{N}._@-]{0,63}$/u;
/** What the audit calls those who have no account. */
const RESERVED: ReadonlySet<string> = new Set(['local', 'panel', 'break-glass', 'site', 'start', 'file']);

/** One name is one person, however it is written. */
export const folded = (name: string): string => name.normalize('NFKC').toLowerCase();

/** @throws Fault `access.name` */
export function mustBeName(name: string): void {
  if (NAME.test(name) && !RESERVED.has(folded(name))) return;
  throw new Fault('access.name', `${JSON.stringify(name.slice(0, 80))} cannot be a name here`, {
    retry: 'never',
    hint: `up to 64 letters, digits and . _ @ -; not ${[...RESERVED].join(', ')}`,
  });
}

export const exists = (what: string, name: string): Fault =>
  new Fault('access.exists', `there is a ${what} ${name} already`, {
    retry: 'never',
    hint: 'take another name',
  });

/** @param list command that shows those that there are */
export const unknown = (what: 'user' | 'token', name: string, list: string = LISTS[what]): Fault =>
  new Fault(`access.unknown-${what}`, `there is no ${what} ${name}`, {
    retry: 'never',
    hint: `\`${list}\` shows them`,
  });

const LISTS = { user: 'holdfast users list', token: 'holdfast token list' } as const;
