/** From the least to the most; each may what the ones before it may. */
export const ROLES = ['viewer', 'operator', 'engineer', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks, and what he may. */
export interface Caller {
  /** As the audit names him. */
  readonly name: string;
  readonly role: Role;
  /** Paths of areas, lines or assets that he is limited to; absent: the whole site. */
  readonly areas?: readonly string[] | undefined;
  /**
   * How he is known: `local` by the token in the data folder, which only who may read it has; `session` by a cookie;
   * `token` by an API token; `panel` by the address of a panel that the site file names.
   */
  readonly via: 'local' | 'session' | 'token' | 'panel';
  /** Whether his rights ended while an answer goes on; absent: they last as long as the connection. */
  readonly isOver?: () => boolean;
}

export const atLeast = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least);

/** Whether a path lies in one of the areas: the area itself, or something below it. Without areas everything does. */
export const isWithin = (areas: readonly string[] | undefined, path: string): boolean =>
  areas === undefined || areas.some((area) => path === area || path.startsWith(`${area}/`));
