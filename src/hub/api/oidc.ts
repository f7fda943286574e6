import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { FLEET_ROUTES } from '#contract/fleet/table.ts';
import { addOwnRoute } from '#http/answer.ts';
import { setCookie } from '#http/cookie.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import type { Log } from '#kernel/log.ts';
import type { PeopleGate } from '../people/gate.ts';
import { keepAttempt, pageOf, takeAttempt } from '../people/oidc/cookie.ts';
import type { OidcProvider } from '../people/oidc/provider.ts';

export interface OidcPorts {
  readonly gate: PeopleGate;
  readonly provider: OidcProvider;
  readonly log: Log;
}

/** The way of a browser to a provider of sign-ins and back; what goes wrong is told on the page that it comes back to. */
export function addOidc(app: FastifyInstance, { gate, provider, log }: OidcPorts): void {
  const { address } = provider.settings;
  addOwnRoute(app, FLEET_ROUTES.oidcBegin, async (request, reply) => {
    const { to } = request.query as { readonly to?: unknown };
    const page = pageOf(typeof to === 'string' ? to : undefined);
    // The provider sends it back to the address that it knows, where the cookie must be.
    if (request.host !== new URL(address).host)
      return go(reply, `${address}${FLEET_ROUTES.oidcBegin.path}?to=${encodeURIComponent(page)}`);
    try {
      const { url, attempt } = await provider.begin();
      keepAttempt(reply, { ...attempt, to: page });
      return go(reply, url.href);
    } catch (error) {
      return failed(reply, error);
    }
  });
  addOwnRoute(app, FLEET_ROUTES.oidcCallback, async (request, reply) => {
    const attempt = takeAttempt(request, reply);
    const query = request.url.slice(FLEET_ROUTES.oidcCallback.path.length);
    const { state } = request.query as { readonly state?: unknown };
    // Not the browser that set out, or it took too long.
    if (!attempt || attempt.state !== state) return failed(reply, lost());
    try {
      const vouched = await gate.throttle.attempt(request.ip, '', () => vouchedOf(query, attempt));
      if (!vouched) throw gate.signInFailed(request.ip, '');
      await enter(request, reply, vouched);
      return go(reply, attempt.to);
    } catch (error) {
      return failed(reply, error);
    }
  });

  /** Undefined counts as an attempt that failed, for the throttle. */
  async function vouchedOf(query: string, attempt: Parameters<OidcProvider['finish']>[1]) {
    try {
      return await provider.finish(query, attempt);
    } catch (error) {
      if (!(error instanceof Fault) || error.code !== 'oidc.refused') throw error;
      log.info({ why: error.message }, 'a sign-in by the provider is refused');
      return undefined;
    }
  }

  async function enter(
    request: FastifyRequest,
    reply: FastifyReply,
    { groups, ...known }: Awaited<ReturnType<OidcProvider['finish']>>,
  ): Promise<void> {
    const grants = provider.grantsOf(groups);
    if (grants.length === 0) {
      await gate.people.forget(known);
      gate.event('security.sign-in-refused', `oidc:${known.name}`, {
        from: request.ip,
        issuer: known.issuer,
        groups: groups.join(', ').slice(0, 500),
      });
      throw noGroup(known.name);
    }
    const person = await gate.people.vouchedFor({ ...known, grants });
    const validForMs = provider.settings.sessionHours * 3_600_000;
    setCookie(request, reply, await gate.sessions.begin(person.key, request.ip, validForMs));
    const { issuer } = known;
    gate.event('security.signed-in', person.name, { from: request.ip, issuer }, person.name);
  }

  function failed(reply: FastifyReply, error: unknown): FastifyReply {
    const code = error instanceof Fault ? error.code : 'api.internal';
    if (code === 'api.internal' || code === 'oidc.unreachable')
      log.warn({ why: messageOf(error) }, 'a sign-in by the provider has failed');
    return go(reply, `/?sign-in=${encodeURIComponent(code)}`);
  }
}

/** Neither kept nor remembered: the next one may go elsewhere. */
const go = (reply: FastifyReply, to: string): FastifyReply =>
  reply.code(303).header('cache-control', 'no-store').header('location', to).send();

const lost = (): Fault =>
  new Fault('oidc.lost', 'this browser did not set out to sign in, or more than ten minutes ago', {
    retry: 'never',
    hint: 'begin again',
  });

const noGroup = (name: string): Fault =>
  new Fault('access.no-group', `${name} is in no group that may do anything here`, {
    retry: 'never',
    hint: 'the file of the hub says which groups may what: `oidc: { grants: … }`',
  });
