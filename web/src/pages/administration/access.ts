import { askAgain } from '../../data/poll.ts';

/** Key of all questions of this page. */
export const ACCESS = 'access';
export const EVERY_MS = 10_000;

export const asked = (): void => askAgain(ACCESS);

/** Paths as somebody typed them, by commas, blanks or lines; undefined for the whole site. */
export function areasOf(typed: string): readonly string[] | undefined {
  const areas = typed.split(/[\s,;]+/).filter((one) => one !== '');
  return areas.length === 0 ? undefined : areas.map((one) => one.replaceAll(/^\/+|\/+$/g, ''));
}
