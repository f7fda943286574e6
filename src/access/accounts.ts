import { exists, folded, mustBeName, unknown } from '#access/names.ts';
import { hashOf, isPassword, mustBeStrong, type PasswordHash } from '#access/password.ts';
import { digestOf, newCode, newSecret, plainCode } from '#access/secrets.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Role } from '#kernel/rights.ts';
import { type AccountsData, loadAccounts, NO_ACCOUNTS, saveAccounts, setAside } from './files.ts';

export interface Rights {
  readonly role: Role;
  /** Paths; absent: the whole site. */
  readonly areas?: readonly string[] | undefined;
}

export interface User extends Rights {
  readonly name: string;
  /** Another one after every change of the password, and of another user of that name. */
  readonly credential: string;
  /** Wall clock, µs since 1970. */
  readonly createdUs: number;
  readonly changedUs: number;
}

export interface ApiToken extends Rights {
  readonly name: string;
  readonly by: string;
  readonly createdUs: number;
  /** Left of its time; absent: it has no end. Not above 0: it has ended. */
  readonly leftMs?: number;
}

export interface AccountPorts {
  /** Wall clock, µs since 1970. */
  nowUs(): number;
  /** Absent where no site runs: tokens made then begin to age at its next start. */
  steadyUs?(): number;
  /** Security events; absent where no site runs: they are owed, and told at its next start. */
  onEvent?(event: SiteEvent): void;
  /** What could not be kept on the disk aside of a change that somebody waits for. */
  onFault?(error: unknown): void;
}

type StoredUser = AccountsData['users'][number];
type StoredToken = AccountsData['tokens'][number];

const MOST_USERS = 1000;
const MOST_TOKENS = 1000;
const TOKEN_START = 'hf_';
/** 120 bits: it is kept for years. */
const BREAK_GLASS_GROUPS = 6;

/**
 * Users, API tokens and the break-glass code of a site. A change is on the disk before it holds, and before it is
 * confirmed; one that the disk refuses has not happened.
 */
export class Accounts {
  /** Why what was kept could not be read: nobody is known then, and nobody becomes administrator by that. */
  readonly damage: string | undefined;
  readonly #dir: string;
  readonly #ports: AccountPorts;
  #data: AccountsData;
  #isDamaged: boolean;
  #named: { readonly of: readonly StoredUser[]; readonly byName: ReadonlyMap<string, StoredUser> } = {
    of: [],
    byName: new Map(),
  };
  #last: Promise<unknown> = Promise.resolve();

  /** @param dir see `accessDir` */
  constructor(dir: string, ports: AccountPorts) {
    this.#dir = dir;
    this.#ports = ports;
    const { data, damage } = loadAccounts(dir);
    this.damage = damage;
    this.#data = data ?? NO_ACCOUNTS;
    this.#isDamaged = damage !== undefined;
    if (damage !== undefined)
      this.#ports.onEvent?.(this.#event('security.accounts-damaged', dir, '', { damage }));
    this.#takeUp();
  }

  /** What was done while no site ran is told now, and tokens made then begin to age. */
  #takeUp(): void {
    const { onEvent, steadyUs } = this.#ports;
    if (!onEvent || !steadyUs) return;
    const { owed, tokens } = this.#data;
    if (owed.length === 0 && tokens.every(({ sinceUs }) => sinceUs !== undefined)) return;
    for (const event of owed) onEvent(event as SiteEvent);
    const since = steadyUs();
    const aged = tokens.map((one) => ({ ...one, sinceUs: one.sinceUs ?? since }));
    this.#data = { ...this.#data, owed: [], tokens: aged };
    this.#change((data) => data).catch((error) => this.#ports.onFault?.(error));
  }

  get users(): readonly User[] {
    return this.#data.users.map(userOf);
  }

  user(name: string): User | undefined {
    const found = this.#find(name);
    return found && userOf(found);
  }

  get hasAdministrator(): boolean {
    return this.#data.users.some(isAdministrator);
  }

  /** @returns undefined where name or password is wrong, after the same time whichever it is */
  async signIn(name: string, password: string): Promise<User | undefined> {
    const found = this.#find(name);
    const isRight = await isPassword(password, found?.password);
    // Removed or given another password meanwhile.
    return isRight && found && this.#find(name)?.password === found.password ? userOf(found) : undefined;
  }

  /** @throws Fault `access.name`, `access.exists`, `access.weak-password`, `access.not-saved` */
  async addUser(
    { name, password, ...rights }: Rights & { readonly name: string; readonly password: string },
    by: string,
  ): Promise<User> {
    mustBeName(name);
    mustBeStrong(password, [name]);
    const hash = await hashOf(password);
    const nowUs = this.#ports.nowUs();
    const added: StoredUser = { name, ...kept(rights), password: hash, createdUs: nowUs, changedUs: nowUs };
    await this.#change(
      (data) => {
        if (this.#find(name)) throw exists('user', name);
        if (data.users.length >= MOST_USERS) throw tooMany('users', MOST_USERS);
        return { ...data, users: [...data.users, added] };
      },
      this.#event('security.user-added', name, by, { ...kept(rights) }),
    );
    return userOf(added);
  }

  /** @throws Fault `access.unknown-user`, `access.last-administrator`, `access.not-saved` */
  async setRights(name: string, rights: Rights, by: string): Promise<User> {
    return await this.#changeUser(
      name,
      ({ areas: _, ...user }) => ({ ...user, ...kept(rights) }),
      this.#event('security.user-changed', name, by, { ...kept(rights) }),
    );
  }

  /** @throws Fault `access.unknown-user`, `access.weak-password`, `access.not-saved` */
  async setPassword(name: string, password: string, by: string): Promise<User> {
    if (!this.#find(name)) throw unknown('user', name);
    mustBeStrong(password, [name]);
    const hash: PasswordHash = await hashOf(password);
    const event = this.#event('security.password-changed', name, by);
    return await this.#changeUser(name, (user) => ({ ...user, password: hash }), event);
  }

  /** @throws Fault `access.unknown-user`, `access.last-administrator`, `access.not-saved` */
  async removeUser(name: string, by: string): Promise<void> {
    await this.#change(
      (data) => {
        const found = this.#find(name);
        if (!found) throw unknown('user', name);
        const users = data.users.filter((one) => one !== found);
        mustKeepAdministrator(data.users, users, name);
        return { ...data, users };
      },
      this.#event('security.user-removed', name, by),
    );
  }

  get tokens(): readonly ApiToken[] {
    return this.#data.tokens.map((one) => this.#tokenView(one));
  }

  /**
   * @returns the token itself, which is kept nowhere
   * @throws Fault `access.name`, `access.exists`, `access.not-saved`
   */
  async createToken(
    {
      name,
      validForMs,
      ...rights
    }: Rights & { readonly name: string; readonly validForMs?: number | undefined },
    by: string,
  ): Promise<string> {
    mustBeName(name);
    const secret = TOKEN_START + newSecret();
    const sinceUs = this.#ports.steadyUs?.();
    const added: StoredToken = {
      name,
      ...kept(rights),
      digest: digestOf(secret),
      by,
      createdUs: this.#ports.nowUs(),
      ...(validForMs !== undefined && { validForMs }),
      ...(sinceUs !== undefined && { sinceUs }),
    };
    await this.#change(
      (data) => {
        if (data.tokens.some((one) => one.name === name)) throw exists('token', name);
        if (data.tokens.length >= MOST_TOKENS) throw tooMany('tokens', MOST_TOKENS);
        return { ...data, tokens: [...data.tokens, added] };
      },
      this.#event('security.token-created', name, by, { ...kept(rights), validForMs: validForMs ?? null }),
    );
    return secret;
  }

  /** @throws Fault `access.unknown-token`, `access.not-saved` */
  async revokeToken(name: string, by: string): Promise<void> {
    await this.#change(
      (data) => {
        const tokens = data.tokens.filter((one) => one.name !== name);
        if (tokens.length === data.tokens.length) throw unknown('token', name);
        return { ...data, tokens };
      },
      this.#event('security.token-revoked', name, by),
    );
  }

  /** @returns the token, also where its time is over; undefined for what is none */
  tokenOf(secret: string): ApiToken | undefined {
    if (!secret.startsWith(TOKEN_START)) return undefined;
    const digest = digestOf(secret); // which nobody can choose: comparing it tells nothing of the token
    const found = this.#data.tokens.find((one) => one.digest === digest);
    return found && this.#tokenView(found);
  }

  /** When the code was used last, since a new one was made; loud until then. */
  get breakGlass(): { readonly isSealed: boolean; readonly used?: AccountsData['breakGlassUsed'] } {
    const { breakGlass, breakGlassUsed: used } = this.#data;
    return { isSealed: breakGlass !== undefined, ...(used && { used }) };
  }

  /**
   * A new code in place of the one before, which ends, as does the notice that it was used.
   * @returns the code, which is kept nowhere @throws Fault `access.not-saved`
   */
  async makeBreakGlass(by: string): Promise<string> {
    const code = newCode(BREAK_GLASS_GROUPS);
    const sealed = { digest: digestOf(plainCode(code)), madeUs: this.#ports.nowUs(), by };
    await this.#change(
      ({ breakGlassUsed: _, ...data }) => ({ ...data, breakGlass: sealed }),
      this.#event('security.break-glass-made', 'break-glass', by),
    );
    return code;
  }

  /** Uses the code up. @param from address @returns whether it was the right one */
  async useBreakGlass(code: string, from: string): Promise<boolean> {
    const digest = digestOf(plainCode(code));
    if (this.#data.breakGlass?.digest !== digest) return false;
    const used = { timeUs: this.#ports.nowUs(), from };
    const detail = { severity: 'critical', from };
    let isRight = false;
    await this.#change(({ breakGlass, ...data }) => {
      isRight = breakGlass?.digest === digest; // twice at once is once
      return isRight ? { ...data, breakGlassUsed: used } : { ...data, ...(breakGlass && { breakGlass }) };
    });
    if (isRight)
      this.#ports.onEvent?.(this.#event('security.break-glass-used', 'break-glass', 'break-glass', detail));
    return isRight;
  }

  /** Asked with every request of a session: made anew only where there are others. */
  #find(name: string): StoredUser | undefined {
    const { users } = this.#data;
    if (this.#named.of !== users) {
      this.#named = { of: users, byName: new Map(users.map((one) => [folded(one.name), one])) };
    }
    return this.#named.byName.get(folded(name));
  }

  async #changeUser(name: string, next: (user: StoredUser) => StoredUser, event: SiteEvent): Promise<User> {
    await this.#change((data) => {
      const found = this.#find(name);
      if (!found) throw unknown('user', name);
      const changed = { ...next(found), changedUs: this.#ports.nowUs() };
      const users = data.users.map((one) => (one === found ? changed : one));
      mustKeepAdministrator(data.users, users, name);
      return { ...data, users };
    }, event);
    return this.user(name) as User;
  }

  #tokenView({ digest: _, validForMs, sinceUs, ...token }: StoredToken): ApiToken {
    if (validForMs === undefined) return token;
    const nowUs = this.#ports.steadyUs?.();
    const usedMs = nowUs === undefined || sinceUs === undefined ? 0 : (nowUs - sinceUs) / 1000;
    return { ...token, leftMs: validForMs - usedMs };
  }

  #event(name: string, subject: string, by: string, detail?: { readonly [key: string]: Json }): SiteEvent {
    const timeUs = this.#ports.nowUs();
    return { kind: 'security', name, subject, timeUs, ...(by !== '' && { by }), ...(detail && { detail }) };
  }

  /** One at a time; what is thrown leaves everything as it was. */
  #change(next: (data: AccountsData) => AccountsData, event?: SiteEvent): Promise<void> {
    const mine = this.#last.then(async () => {
      const { onEvent } = this.#ports;
      const changed = next(this.#data);
      const owing = event && !onEvent ? { ...changed, owed: [...changed.owed, event] } : changed;
      await this.#save(owing as AccountsData);
      this.#data = owing as AccountsData;
      if (event) onEvent?.(event);
    });
    this.#last = mine.catch(() => {});
    return mine;
  }

  async #save(data: AccountsData): Promise<void> {
    try {
      if (this.#isDamaged) await setAside(this.#dir);
      this.#isDamaged = false;
      await saveAccounts(this.#dir, data);
    } catch (cause) {
      throw new Fault('access.not-saved', `nothing was changed: ${messageOf(cause)}`, {
        hint: `make room, or ${this.#dir} writable, and try again`,
        cause,
      });
    }
  }
}

const isAdministrator = ({ role, areas }: Rights): boolean => role === 'administrator' && areas === undefined;

const userOf = ({ password: { salt, hash }, ...user }: StoredUser): User => ({
  ...user,
  credential: digestOf(salt + hash).slice(0, 32),
});

const kept = ({ role, areas }: Rights) => ({
  role,
  ...(areas !== undefined && areas.length > 0 && { areas: [...areas] }),
});

/** A site that somebody administers stays so: whoever is left could not undo it. */
function mustKeepAdministrator(before: readonly Rights[], after: readonly Rights[], name: string): void {
  if (!before.some(isAdministrator) || after.some(isAdministrator)) return;
  throw new Fault('access.last-administrator', `${name} is the last administrator of the whole site`, {
    retry: 'never',
    hint: 'make somebody else administrator first',
  });
}

const tooMany = (what: string, most: number): Fault =>
  new Fault('access.too-many-accounts', `there are ${most} ${what} already`, { retry: 'never' });
