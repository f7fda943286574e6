import type { Call, Transport } from '#contract/client.ts';
import { HISTORY_ROUTES } from '#contract/routes/history.ts';
import type { Route } from '#contract/routes/route.ts';
import type { Download } from '#contract/routes/shapes.ts';
import { exportHandler } from '#edge/api/exchange.ts';
import { historyHandlers } from '#edge/api/history.ts';
import { openSiteHistory } from '#edge/calculation/site-history.ts';
import { historianDir, journalDir } from '#edge/data-folder.ts';
import { checked } from '#http/answer.ts';
import { problemOf } from '#http/problems.ts';
import { Fault } from '#kernel/fault.ts';
import type { Caller } from '#kernel/rights.ts';

type Answers = (asked: object, signal: AbortSignal, who: { readonly caller: Caller }) => unknown;

/** Whoever may read the folder may read all of it. */
const READER: Caller = { name: 'local', role: 'viewer', via: 'local' };
const ROUTES: { readonly [id: string]: Route } = HISTORY_ROUTES;

/**
 * The past in the data folder of a stopped site, asked and answered as a running one does it: the same checks and the
 * same handlers, without a port between. Only reads. Routes about anything else fail with a Fault `history.no-site`.
 */
export function keptHistory(dataDir: string): Transport & AsyncDisposable {
  const dirs = { dir: historianDir(dataDir), journalDir: journalDir(dataDir) };
  const reader = openSiteHistory(dirs);
  const nowUs = () => Date.now() * 1000;
  const handlers = {
    ...historyHandlers(nowUs, () => reader),
    historyExport: exportHandler(() => dirs, nowUs),
  } as unknown as { readonly [id: string]: Answers };

  const ask = (call: Call): unknown => {
    const [id, route] = Object.entries(ROUTES).find(([, { path }]) => path === call.path) ?? [];
    const answers = id === undefined ? undefined : handlers[id];
    if (!route || !answers) throw notHere(call);
    const query = route.query && checkedQuery(route, call);
    const signal = call.signal ?? new AbortController().signal;
    return answers({ params: {}, query, body: undefined }, signal, { caller: READER });
  };
  return {
    json: async <T>(call: Call) => (await ask(call)) as T,
    page: async <T>(call: Call) => ({ items: (await ask(call)) as readonly T[] }),
    async *lines<T>(call: Call) {
      yield* ask(call) as AsyncIterable<T>;
    },
    text: (call) => Promise.reject(notHere(call)),
    stream: (call) => {
      throw notHere(call);
    },
    bytes: (call) => (ask(call) as Download).bytes,
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  };
}

/** As an address carries it: text, and nothing where nothing was given. @throws Fault as the API answers it */
function checkedQuery({ query: schema }: Route, { query = {} }: Call): unknown {
  const given = Object.entries(query).flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [[name, Array.isArray(value) ? value.map(String) : String(value)]];
  });
  try {
    return schema && checked(schema, 'query', Object.fromEntries(given));
  } catch (error) {
    const { title, detail } = problemOf(error);
    throw new Fault(title, detail, { retry: 'never', cause: error });
  }
}

const notHere = ({ path }: Call): Fault =>
  new Fault('history.no-site', `${path} is asked of a running site`, { retry: 'never' });
