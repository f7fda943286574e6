import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LateRefusal } from '#access/late.ts';
import { Tally } from '#access/tally.ts';
import type { Route } from '#contract/routes/route.ts';
import { type Asking, askingOf, keepAsking, NOBODY } from '#edge/api/asking.ts';
import { inAreas, mayAsk, needs } from '#edge/api/rights.ts';
import type { SiteAccess } from '#edge/site-access.ts';
import { cookieOf, crossSite, isChange, originOf, setCookie } from '#http/cookie.ts';
import { sendProblem } from '#http/problems.ts';
import { mustHaveRoles, routeOf } from '#http/row.ts';
import type { Clock } from '#kernel/clock.ts';
import { Fault } from '#kernel/fault.ts';
import type { Caller } from '#kernel/rights.ts';

/**
 * The one place where it is decided who may: every request passes it, and what no row of the table names a role for is
 * not served at all.
 */
export class Gate {
  readonly #access: SiteAccess;
  readonly #late: LateRefusal;
  readonly #failures: Tally;
  readonly #refusals: Tally;

  constructor(access: SiteAccess, clock: Clock) {
    this.#access = access;
    this.#late = new LateRefusal(clock);
    this.#failures = new Tally(clock);
    this.#refusals = new Tally(clock);
  }

  /** Before any route is added. */
  install(app: FastifyInstance): void {
    mustHaveRoles(app);
    app.addHook('onRequest', async (request, reply) => {
      try {
        keepAsking(request, await this.#asking(request, reply));
      } catch (error) {
        sendProblem(reply, error);
        return reply;
      }
      return undefined;
    });
  }

  /**
   * What only the checked question can tell: whether its act needs another role, and whether its place is among the
   * caller's areas.
   * @returns who asks then: the panel, where that may what its user may not @throws Fault `api.forbidden`
   */
  admit(
    route: Route,
    request: FastifyRequest,
    asked: { readonly params: unknown; readonly query: unknown; readonly body: unknown },
  ): Asking {
    const asking = askingOf(request) ?? { ...this.#from(request), caller: NOBODY };
    if (route.role === 'anyone') return asking;
    const refusal = (caller: Caller) =>
      mayAsk(route, caller) ?? needs(route, caller, asked.body) ?? inAreas(route, caller, asked);
    const why = refusal(asking.caller);
    if (why === undefined) return asking;
    const panel = this.#panelFor(request, route);
    if (panel && refusal(panel) === undefined) return { ...asking, caller: panel };
    throw this.#refuse(route, asking, why);
  }

  /** The panel, where the request comes from one that may ask this without a password. */
  #panelFor(request: FastifyRequest, route: Route | undefined): Caller | undefined {
    const { ip, headers, method } = request;
    if (!route?.panel || headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined)
      return undefined;
    if (isChange(method) && originOf(request) === 'other') return undefined;
    return this.#access.isPanel(ip, headers.host) ? PANEL : undefined;
  }

  async #asking(request: FastifyRequest, reply: FastifyReply): Promise<Asking> {
    const route = routeOf(request) as Route | undefined;
    const from = this.#from(request, reply);
    if (route?.role === 'anyone') {
      // Signing a browser in from another page would be the work of whoever made that page.
      if (isChange(request.method) && originOf(request) === 'other') throw crossSite();
      return { ...from, caller: NOBODY };
    }
    const asking = (await this.#known(request, from)) ?? this.#byPanel(request, route, from);
    if (!route) return asking;
    const why = mayAsk(route, asking.caller);
    if (why === undefined) return asking;
    const panel = this.#panelFor(request, route);
    if (panel) return { ...asking, caller: panel };
    throw this.#refuse(route, asking, why);
  }

  #from(request: FastifyRequest, reply?: FastifyReply): Omit<Asking, 'caller'> {
    return {
      address: request.ip,
      session: undefined,
      setSession: (secret) => reply && setCookie(request, reply, secret),
    };
  }

  /** By what the request brings; undefined where it brings nothing. @throws Fault for what is wrong */
  async #known(request: FastifyRequest, from: Omit<Asking, 'caller'>): Promise<Asking | undefined> {
    const { authorization } = request.headers;
    if (authorization !== undefined) {
      const caller = this.#byToken(authorization);
      if (caller) return { ...from, caller };
      await this.#failed(request);
      throw unauthorized('the token is wrong, revoked or has ended');
    }
    const secret = cookieOf(request);
    const session = secret ? this.#access.sessions.use(secret) : undefined;
    const caller = session && this.#access.callerOf(session);
    if (!session || !caller) return undefined;
    if (isChange(request.method) && originOf(request) !== 'same') throw crossSite();
    return { ...from, session: session.id, caller };
  }

  #byToken(authorization: string): Caller | undefined {
    const [, token] = /^Bearer (\S+)$/i.exec(authorization) ?? [];
    if (token === undefined) return undefined;
    if (this.#access.isLocal(token)) return { name: 'local', role: 'administrator', via: 'local' };
    const found = this.#access.accounts.tokenOf(token);
    const hasEnded = (leftMs: number | undefined) => leftMs !== undefined && leftMs <= 0;
    if (!found || hasEnded(found.leftMs)) return undefined;
    const { name, role, areas } = found;
    const isOver = () => {
      const now = this.#access.accounts.tokenOf(token);
      return !now || hasEnded(now.leftMs);
    };
    return { name: `token:${name}`, role, areas, via: 'token', isOver };
  }

  #byPanel(request: FastifyRequest, route: Route | undefined, from: Omit<Asking, 'caller'>): Asking {
    const caller = this.#panelFor(request, route);
    if (caller) return { ...from, caller };
    throw unauthorized(
      cookieOf(request) ? 'the session has ended' : 'nobody is signed in, and there is no token',
    );
  }

  /** Counts a failure and lets its sender wait. */
  async #failed({ ip, url }: FastifyRequest): Promise<void> {
    const failures = this.#failures.count(ip);
    // Without the query, which may hold secrets.
    const path = (url.split('?')[0] ?? '').slice(0, 200);
    if (failures > 0) this.#access.event('security.sign-in-failed', ip, { failures, path });
    await this.#late.wait();
  }

  /** A name and a password, or a code, that were wrong: as a wrong token, but for the wait, which the throttle has made. */
  signInFailed(address: string, name: string): Fault {
    const failures = this.#failures.count(address);
    const about = name === '' ? {} : { name: name.slice(0, 64) };
    if (failures > 0) this.#access.event('security.sign-in-failed', address, { failures, ...about });
    return new Fault(
      'access.wrong',
      name === '' ? 'the code is wrong, used or over' : 'name or password is wrong',
      {
        retry: 'never',
        hint: 'an administrator, or `holdfast users` on the box, gives another password',
      },
    );
  }

  #refuse(route: Route, { caller, address }: Asking, why: string): Fault {
    const { name, role } = caller;
    const asked = `${route.method} ${route.path}`;
    const refusals = this.#refusals.count(`${name} ${asked}`);
    if (refusals > 0)
      this.#access.event('security.access-refused', name, { asked, refusals, role, from: address, why });
    return new Fault('api.forbidden', `${name} may not ${asked}: ${why}`, {
      retry: 'never',
      hint: 'an administrator gives roles and areas: /api/access/users, or `holdfast users role`',
    });
  }
}

const PANEL: Caller = { name: 'panel', role: 'operator', via: 'panel' };

const unauthorized = (what: string): Fault =>
  new Fault('api.unauthorized', what, {
    hint: 'sign in, or send "Authorization: Bearer <token>": an API token, or the one in api.json in the data folder',
  });
