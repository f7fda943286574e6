import { timingSafeEqual } from 'node:crypto';
import { hostname } from 'node:os';
import { Accounts, type User } from '#access/accounts.ts';
import { OneTimeCodes } from '#access/codes.ts';
import { accessDir } from '#access/files.ts';
import { digestOf, newSecret } from '#access/secrets.ts';
import { type Session, Sessions } from '#access/sessions.ts';
import { Throttle } from '#access/throttle.ts';
import type { AccessStatus } from '#contract/api.ts';
import type { Site } from '#edge/site.ts';
import { messageOf } from '#kernel/fault.ts';
import type { Caller, Role } from '#kernel/rights.ts';
import type { Log } from '#plugin/api.ts';

/** What a one-time code opens. */
type Good =
  | { readonly for: 'first' }
  | { readonly for: 'session'; readonly name: string; readonly role: Role };

/** Time enough to get from the box to a browser. */
const FIRST_CODE_MS = 24 * 3_600_000;
const LINK_MS = 15 * 60_000;
/** Time enough to make an administrator again. */
const BREAK_GLASS_MS = 3_600_000;

/** Who may sign in at this site, who is signed in, and what they may. */
export class SiteAccess implements AsyncDisposable {
  readonly accounts: Accounts;
  readonly sessions: Sessions;
  readonly throttle: Throttle;
  /** Opens everything to whoever may read the data folder; new with every start. */
  readonly localToken = newSecret();
  readonly #site: Site;
  readonly #log: Log;
  readonly #codes: OneTimeCodes<Good>;
  readonly #localDigest = Buffer.from(digestOf(this.localToken));

  constructor(site: Site, dataDir: string, log: Log) {
    const { clock, path } = site.core;
    const { idleMin, maxHours } = site.blueprint.model.settings.sessions;
    const dir = accessDir(dataDir);
    const onFault = (error: unknown) =>
      log.error({ hint: 'make room, or the folder writable' }, `accounts and sessions: ${messageOf(error)}`);
    this.#site = site;
    this.#log = log;
    site.accessStatus = () => this.status;
    this.accounts = new Accounts(dir, {
      nowUs: () => clock.nowUs(),
      steadyUs: () => clock.steadyUs(),
      onEvent: (event) => path.event(event),
      onFault,
    });
    const limits = { idleMs: idleMin * 60_000, mostMs: maxHours * 3_600_000 };
    this.sessions = new Sessions(dir, clock, limits, onFault);
    this.throttle = new Throttle(clock);
    this.#codes = new OneTimeCodes(clock);
    if (this.accounts.damage !== undefined) {
      const hint = 'nobody signs in by it; `holdfast users add` on this box makes users anew';
      log.error({ hint }, `accounts: ${this.accounts.damage}`);
    }
  }

  get status(): AccessStatus {
    const { users, tokens, breakGlass, damage } = this.accounts;
    return {
      users: users.length,
      tokens: tokens.length,
      sessions: this.sessions.count,
      breakGlass: breakGlass.isSealed ? 'sealed' : breakGlass.used ? 'used' : 'none',
      ...(breakGlass.used && { breakGlassUsedUs: breakGlass.used.timeUs }),
      ...(damage !== undefined && { damage }),
    };
  }

  /** API tokens by the time that they have left; why nobody knows of them where the accounts cannot be read. */
  get tokensThatEnd(): readonly { readonly name: string; readonly leftMs: number }[] | string {
    const { damage, tokens } = this.accounts;
    if (damage !== undefined) return damage;
    return tokens.flatMap(({ name, leftMs }) => (leftMs === undefined ? [] : [{ name, leftMs }]));
  }

  /**
   * The code that makes the first administrator; the one before ends.
   * @returns undefined where there is an administrator, or may be one in a file that cannot be read
   */
  firstCode(): string | undefined {
    if (this.accounts.hasAdministrator || this.accounts.damage !== undefined) return undefined;
    this.#codes.clear((good) => good.for === 'first');
    return this.#codes.make({ for: 'first' }, FIRST_CODE_MS);
  }

  /** A code that signs in once, without an account; for a link. */
  linkCode(name: string, role: Role): string {
    return this.#codes.make({ for: 'session', name, role }, LINK_MS);
  }

  isLocal(token: string): boolean {
    return timingSafeEqual(Buffer.from(digestOf(token)), this.#localDigest);
  }

  /** Whom a session stands for; undefined where he is no user any more, or has another password. */
  callerOf(session: Session): Caller | undefined {
    const { name, role, credential, id } = session;
    const isOver = () => !this.sessions.isAlive(id) || this.callerOf(session) === undefined;
    if (role !== undefined) return { name, role, via: 'session', isOver };
    const user = this.accounts.user(name);
    if (!user || user.credential !== credential) return undefined;
    return { name: user.name, role: user.role, areas: user.areas, via: 'session', isOver };
  }

  /** @returns what opens the session; undefined where name or password is wrong @throws Fault `access.too-many` */
  async signIn(name: string, password: string, from: string): Promise<string | undefined> {
    const user = await this.throttle.attempt(from, name, () => this.accounts.signIn(name, password));
    return user && this.begin(user, from);
  }

  begin({ name, credential }: User, from: string): string {
    this.event('security.signed-in', name, { from }, name);
    return this.sessions.begin({ name, credential, from }).secret;
  }

  /** As `signIn`, by a one-time code or the break-glass code. */
  async signInByCode(code: string, from: string): Promise<string | undefined> {
    return await this.throttle.attempt(from, '', async () => {
      const linked = await this.#codes.use(
        code,
        (good) => good.for === 'session',
        (good) => (good.for === 'session' ? { name: good.name, role: good.role } : undefined),
      );
      if (linked) {
        this.event('security.signed-in', linked.name, { from, by: 'code' }, linked.name);
        return this.sessions.begin({ ...linked, from }).secret;
      }
      if (!(await this.accounts.useBreakGlass(code, from))) return undefined;
      this.#log.error(
        { hint: 'find out why: `holdfast events --kind security`' },
        `the break-glass code was used from ${from}`,
      );
      const who = { name: 'break-glass', role: 'administrator', from } as const;
      return this.sessions.begin(who, BREAK_GLASS_MS).secret;
    });
  }

  /** As `signIn`, for the first administrator. @throws Fault of `addUser` too: then the code stays */
  async makeFirst(code: string, name: string, password: string, from: string): Promise<string | undefined> {
    const user = await this.throttle.attempt(from, '', () =>
      this.#codes.use(
        code,
        (good) => good.for === 'first' && !this.accounts.hasAdministrator,
        () => this.accounts.addUser({ name, password, role: 'administrator' }, 'first-code'),
      ),
    );
    return user && this.begin(user, from);
  }

  /**
   * Whether an address is a panel of the site file, asked for by a name that nobody outside gives out: a page from
   * elsewhere, whose name leads here, must not act as the panel.
   * @param host header of the request
   */
  isPanel(address: string, host: string | undefined): boolean {
    const { panel, api } = this.#site.blueprint.model.settings;
    if (!panel?.from.some((one) => sameAddress(one, address))) return false;
    const name = (host ?? '')
      .replace(/:\d+$/, '')
      .replace(/^\[|\]$/g, '')
      .toLowerCase();
    const isLiteral = /^[\d.]+$/.test(name) || name.includes(':');
    return isLiteral || [...api.names, 'localhost', hostname().toLowerCase()].includes(name);
  }

  event(name: string, subject: string, detail: Parameters<Site['securityEvent']>[2], by?: string): void {
    this.#site.securityEvent(name, subject, detail, by);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.sessions.saved();
  }
}

const plain = (address: string): string => address.replace(/^::ffff:/, '').toLowerCase();

const isLoopback = (address: string): boolean => /^(127\.|::1$)/.test(address);

/** `local` is this box itself. */
const sameAddress = (panel: string, address: string): boolean =>
  panel === 'local' ? isLoopback(plain(address)) : plain(panel) === plain(address);
