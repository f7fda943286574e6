import { findKeptDir, readAddress, SiteClient } from '#cli/client.ts';
import type {
  AlarmStatus,
  AlertStatus,
  AssetView,
  DeadLetterView,
  EndedAlert,
  EventsQuery,
  EventView,
  GapView,
  RuleStatus,
  SiteApi,
  SourceView,
  TagValue,
} from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';

interface Rows {
  readonly tags: TagValue;
  readonly alarms: AlarmStatus;
  readonly alerts: AlertStatus;
  readonly 'ended-alerts': EndedAlert;
  readonly events: EventView;
  readonly gaps: GapView;
  readonly rules: RuleStatus;
  readonly assets: AssetView;
  readonly sources: SourceView;
  readonly 'dead-letters': DeadLetterView;
}
export type Listed = keyof Rows;

/** What of a list is wanted; each list understands a part of it. */
export interface Filter {
  readonly prefix?: string | undefined;
  readonly search?: string | undefined;
  readonly active?: boolean | undefined;
  readonly kind?: EventsQuery['kind'];
  readonly subject?: string | undefined;
  readonly source?: string | undefined;
  readonly fromUs?: number | undefined;
  readonly toUs?: number | undefined;
  readonly limit?: number | undefined;
}

/** Of the running site; where none runs, of what it left in its data folder. @throws Fault `cli.no-site` */
export async function rowsOf<What extends Listed>(
  what: What,
  filter: Filter,
  data: string | undefined,
): Promise<readonly Rows[What][]> {
  const dir = await findKeptDir(data, 'journal');
  const address = await readAddress(dir);
  if (address) return await RUNNING[what](new SiteClient(address, dir).api, filter);
  if (what === 'assets' || what === 'rules' || what === 'sources') {
    throw new Fault('cli.no-site', `no site runs in ${dir}, and ${what} are those of a running one`, {
      retry: 'never',
      hint: `start it with \`holdfast edge --site site.yaml --data ${dir}\``,
    });
  }
  const { stoppedRows } = await import('#cli/stopped.ts');
  return (await stoppedRows(what, filter, dir)) as readonly Rows[What][];
}

/** Of a list with a long past. */
const USUAL = 100;

const text = (us: number | undefined): string | undefined => us?.toString();

const RUNNING: {
  readonly [What in Listed]: (api: SiteApi, filter: Filter) => Promise<readonly Rows[What][]>;
} = {
  tags: (api, { prefix, search }) => Array.fromAsync(api.everyTags({ prefix, search })),
  alarms: (api, { prefix, active }) => api.alarms({ prefix, active: active ? 'true' : undefined }),
  alerts: (api, { prefix }) => api.alerts({ prefix }),
  async 'ended-alerts'(api, { prefix, fromUs, toUs, limit = USUAL }) {
    const query = { prefix, from: text(fromUs), to: text(toUs), limit };
    const found: EndedAlert[] = [];
    // Page by page: a search ends where it has seen very many other events.
    for await (const one of api.everyEndedAlerts(query)) {
      found.push(one);
      if (found.length === limit) break;
    }
    return found;
  },
  async events(api, { kind, subject, fromUs, toUs, limit }) {
    const query = { kind, subject, from: text(fromUs), to: text(toUs), limit };
    return (await api.events(query)).items;
  },
  gaps: (api, { source, fromUs, toUs, limit }) =>
    api.gaps({ source, from: text(fromUs), to: text(toUs), limit }),
  rules: (api) => api.rules(),
  assets: (api) => api.assets(),
  sources: (api) => api.sources(),
  'dead-letters': (api, { limit }) => api.deadLetters({ limit }),
};
