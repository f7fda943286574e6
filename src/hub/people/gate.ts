import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Kysely, sql } from 'kysely';
import { LateRefusal } from '#access/late.ts';
import { Tally } from '#access/tally.ts';
import { Throttle } from '#access/throttle.ts';
import type { AnyRoute } from '#contract/routes/route.ts';
import { cookieOf, crossSite, isChange, originOf, setCookie } from '#http/cookie.ts';
import { mustHaveRoles, routeOf } from '#http/row.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import { atLeast } from '#kernel/rights.ts';
import type { Tables } from '../database/tables.ts';
import { addEvent } from '../events.ts';
import type { WallClock } from '../wall-clock.ts';
import { SharedFailures } from './failures.ts';
import { People } from './people.ts';
import type { Grant } from './rows.ts';
import { grantedSites, type SiteCondition } from './selection.ts';
import { FleetSessions } from './sessions.ts';
import { FleetTokens } from './tokens.ts';

/** Who asks a hub, and what he may. */
export interface FleetCaller {
  /** As the events name him. */
  readonly name: string;
  readonly grants: readonly Grant[];
  readonly via: 'session' | 'token';
}

export interface FleetAsking {
  readonly caller: FleetCaller;
  readonly address: string;
  /** What opened the session that asks. */
  readonly session: string | undefined;
  /** Sites that he may see. */
  readonly sites: SiteCondition;
  setSession(secret: string | undefined): void;
}

export interface PeopleGatePorts extends WallClock {
  readonly queries: Kysely<Tables>;
  readonly pin: string;
  readonly clock: Clock;
  readonly log: Log;
}

const NOBODY: FleetCaller = { name: 'nobody', grants: [], via: 'session' };
const NO_SITE: SiteCondition = sql<boolean>`false`;

/** The one place where it is decided which people and programs may ask a hub what; sites have their own. */
export class PeopleGate {
  readonly people: People;
  readonly tokens: FleetTokens;
  readonly sessions: FleetSessions;
  readonly throttle: Throttle;
  readonly #ports: PeopleGatePorts;
  readonly #late: LateRefusal;
  readonly #failures: Tally;
  readonly #refusals: Tally;
  readonly #entered = new WeakMap<FastifyRequest, { caller: FleetCaller; reply: FastifyReply }>();

  constructor(ports: PeopleGatePorts) {
    const { queries, pin, clock } = ports;
    this.#ports = ports;
    this.people = new People(queries, ports);
    this.tokens = new FleetTokens(queries, pin, ports);
    this.sessions = new FleetSessions(queries, ports);
    this.throttle = new Throttle(clock, new SharedFailures(queries, ports));
    this.#late = new LateRefusal(clock);
    this.#failures = new Tally(clock);
    this.#refusals = new Tally(clock);
  }

  /** Before any route is added. */
  install(app: FastifyInstance): void {
    mustHaveRoles(app);
    app.addHook('onRequest', async (request, reply) => {
      this.#entered.set(request, { caller: await this.#enter(request), reply });
    });
  }

  /**
   * Whether a caller may ask that of the site that he names; of one outside his groups he does not learn that it is
   * there.
   * @throws Fault `hub.unknown-site`
   */
  async admit(
    route: AnyRoute,
    request: FastifyRequest,
    asked: { readonly params: unknown },
  ): Promise<FleetAsking> {
    const { caller = NOBODY, reply } = this.#entered.get(request) ?? {};
    const role = route.role === 'anyone' ? undefined : route.role;
    const sites = (role && grantedSites(caller.grants, role)) ?? NO_SITE;
    if (typeof route.area === 'object') {
      const { [route.area.field]: site = '' } = asked.params as { readonly [field: string]: string };
      await this.#mustSee(site, sites);
    }
    return {
      caller,
      sites,
      address: request.ip,
      session: cookieOf(request),
      setSession: (secret) => reply && setCookie(request, reply, secret),
    };
  }

  async #mustSee(site: string, sites: SiteCondition): Promise<void> {
    const found = await this.#ports.queries
      .selectFrom('sites')
      .select('id')
      .where('id', '=', site)
      .where(sites)
      .executeTakeFirst();
    if (found) return;
    throw new Fault('hub.unknown-site', `there is no site ${site}, or it is in none of your groups`, {
      retry: 'never',
      hint: '`holdfast sites` lists those that you may see',
    });
  }

  async #enter(request: FastifyRequest): Promise<FleetCaller> {
    const route = routeOf(request);
    if (route?.role === 'anyone') {
      // Signing a browser in from another page would be the work of whoever made that page.
      if (isChange(request.method) && originOf(request) === 'other') throw crossSite();
      return NOBODY;
    }
    const caller = await this.#known(request);
    const why = route && mayAsk(route, caller);
    if (why !== undefined) throw this.#refuse(`${route?.method} ${route?.path}`, caller, request.ip, why);
    return caller;
  }

  /** @throws Fault `api.unauthorized`, `access.cross-site` */
  async #known(request: FastifyRequest): Promise<FleetCaller> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const [, text] = /^Bearer (\S+)$/i.exec(authorization) ?? [];
      const token = text === undefined ? undefined : await this.tokens.of(text);
      if (token) return { name: `token:${token.name}`, grants: token.grants, via: 'token' };
      this.#tellFailure(request.ip, { path: (request.url.split('?')[0] ?? '').slice(0, 200) });
      await this.#late.wait();
      throw unauthorized('the token is wrong, revoked or has ended');
    }
    const secret = cookieOf(request);
    const person = secret === undefined ? undefined : await this.sessions.use(secret);
    if (!person)
      throw unauthorized(secret ? 'the session has ended' : 'nobody is signed in, and there is no token');
    if (isChange(request.method) && originOf(request) !== 'same') throw crossSite();
    return { name: person.name, grants: person.grants, via: 'session' };
  }

  /** A name and a password, or a code, that were wrong; the throttle has made them wait. */
  signInFailed(address: string, name: string): Fault {
    this.#tellFailure(address, name === '' ? {} : { name: name.slice(0, 64) });
    const what = name === '' ? 'the code is wrong, used or over' : 'name or password is wrong';
    return new Fault('access.wrong', what, {
      retry: 'never',
      hint: 'an administrator, or `holdfast hub users` at the hub, gives another password',
    });
  }

  #tellFailure(address: string, detail: { readonly [key: string]: string }): void {
    const failures = this.#failures.count(address);
    if (failures > 0) this.event('security.sign-in-failed', address, { failures, ...detail });
  }

  #refuse(asked: string, { name }: FleetCaller, from: string, why: string): Fault {
    const refusals = this.#refusals.count(`${name} ${asked}`);
    if (refusals > 0) this.event('security.access-refused', name, { asked, refusals, from, why });
    return new Fault('api.forbidden', `${name} may not ${asked}: ${why}`, {
      retry: 'never',
      hint: 'an administrator gives roles at groups of sites: /api/access/users, or `holdfast hub users grant`',
    });
  }

  /** Aside of the answer: whoever asks does not wait for it. */
  event(
    name: string,
    subject: string,
    detail: { readonly [key: string]: string | number },
    by?: string,
  ): void {
    const { queries, log } = this.#ports;
    const event = { kind: 'security', name, subject, detail, ...(by !== undefined && { by }) } as const;
    addEvent(queries, new Date(this.#ports.nowMs()), event).catch((error) =>
      log.warn({ name, error: messageOf(error) }, 'a security event was not kept'),
    );
  }
}

/** Why a caller may not ask this at all, whatever he asks of it; undefined: he may. */
function mayAsk({ role, area }: AnyRoute, { grants }: FleetCaller): string | undefined {
  if (role === 'anyone') return undefined;
  const fitting = grants.filter((one) => atLeast(one.role, role));
  if (fitting.length === 0) return `it needs the role ${role}`;
  if (area === undefined && fitting.every(({ sites }) => sites !== undefined))
    return `it concerns the whole fleet, and the role ${role} is limited to groups of sites`;
  return undefined;
}

const unauthorized = (what: string): Fault =>
  new Fault('api.unauthorized', what, {
    hint: 'sign in, or send "Authorization: Bearer <token>": `holdfast hub token create` at the hub makes one',
  });
