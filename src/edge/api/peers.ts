import type { ConfigEntry } from '#contract/api.ts';
import type { PEER_ROUTES } from '#contract/routes/peers.ts';
import type { Answered } from '#contract/routes/table.ts';
import { browseSource } from '#edge/api/browse.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { checkAside } from '#edge/check-aside.ts';
import { configVersions } from '#edge/config-history.ts';
import { diffOf, earlier, versionOf } from '#edge/config-versions.ts';
import type { Configuration } from '#edge/configuration.ts';
import { SILENT } from '#edge/silent-log.ts';
import type { Site } from '#edge/site.ts';
import { Fault } from '#kernel/fault.ts';

/** Sources, sinks, actuators, the certificates of their peers, and the site file. */
export function peerHandlers(
  site: Site,
  configuration: Configuration,
): Pick<Handlers, keyof typeof PEER_ROUTES> {
  const { trust } = site;
  const met = <S extends { readonly peer: string }>(seen: S) => {
    const sources = site.metAt(seen.peer);
    return { ...seen, ...(sources.length > 0 && { sources }) };
  };
  return {
    sources: () => listed(site.status().sources),
    source({ params: { id } }) {
      site.source(id); // says what there is instead
      return { id, ...site.status().sources[id] } as Answered<'source'>;
    },
    browse: ({ params, query }, signal) => browseSource(site, params.id, query, signal),
    sinks: () => listed(site.status().sinks),
    actuators: () => listed(site.status().actuators),
    certificates: () => trust.list().map(met),
    async certificate({ params }) {
      const { seen, pem } = await trust.detail(params.fingerprint);
      return { seen: seen.map(met), pem };
    },
    // A decision is in the audit before it is confirmed.
    async decideCertificate({ body: { fingerprint, act, by } }) {
      const decided = await trust[act](fingerprint, by);
      await site.durable();
      return decided.map(met);
    },
    ...configHandlers(site, configuration),
  };
}

const listed = <S extends object>(byId: {
  readonly [id: string]: S;
}): readonly (S & { readonly id: string })[] =>
  Object.entries(byId).map(([id, status]) => ({ id, ...status }));

type ConfigRoute = Extract<keyof typeof PEER_ROUTES, `config${string}` | `${string}Config`>;

/** What runs, what ran before, and how to go over to another site file. */
function configHandlers(site: Site, configuration: Configuration): Pick<Handlers, ConfigRoute> {
  const versions = async () => {
    await site.durable();
    return await Array.fromAsync(configVersions(site.journalDir));
  };
  return {
    config: () => ({ ...site.status().config, text: site.blueprint.text }),
    async configHistory({ query: { limit } }) {
      const entries: ConfigEntry[] = [];
      await site.durable();
      for await (const { text: _, ...entry } of configVersions(site.journalDir)) {
        entries.push(entry);
        if (entries.length > limit) entries.shift();
      }
      return entries;
    },
    configVersion: async ({ params }) => versionOf(params.digest, await versions()),
    async configDiff({ query: { from, to } }) {
      const all = await versions();
      const after = to === undefined ? versionOf('running', all) : versionOf(to, all);
      const before = from === undefined ? earlier(after.digest, all) : versionOf(from, all);
      for (const { text } of [before, after]) mustBeShort(text);
      return await diffOf(before, after, async (text) => (await checkAside(text, SILENT)).blueprint);
    },
    async applyConfig({ body: { text, by, why, undoes, expects } }) {
      const cause = { by: `api:${by}`, why, undoes };
      const applied =
        text === undefined
          ? await configuration.applyFile(cause, expects)
          : await configuration.applyText(text, cause, expects);
      await site.durable();
      return applied;
    },
    async undoConfig({ body: { to, why, by, expects } }) {
      const all = await versions();
      const { digest, text } = to === undefined ? earlier(site.digest, all) : versionOf(to, all);
      const cause = { by: `api:${by}`, why, undoes: digest };
      const applied = await configuration.applyText(text, cause, expects);
      await site.durable();
      return applied;
    },
  };
}

/** Characters. Comparing longer ones would hold up decisions; the command line does it in a process of its own. */
const MOST_COMPARED = 500_000;

function mustBeShort(text: string): void {
  if (text.length <= MOST_COMPARED) return;
  throw new Fault('config.too-long', `a site file of ${text.length} characters is not compared here`, {
    retry: 'never',
    hint: '`holdfast config diff` does it',
  });
}
