import assert from 'node:assert/strict';
import type { DetectorStatus, SiteApi } from '#contract/client.ts';
import type { RouteId } from '#contract/routes/table.ts';
import type { Fault } from '#kernel/fault.ts';
import type { Api } from './sandbox.ts';

/* A question for every route there is, asked of the demo by the generated client. */

export const PUMP = 'hall/line1/pump';
export const ALARM = `${PUMP}/vibration-high`;

export type Questions = { readonly [Id in RouteId]: () => Promise<unknown> };

export const first = async (all: AsyncIterable<unknown>): Promise<readonly unknown[]> => {
  for await (const one of all) return [one];
  return [];
};
const items = async (page: Promise<{ readonly items: readonly unknown[] }>) => (await page).items;
const CALC = { calc: `tag("${PUMP}/speed") * 2.0`, from: '2026-01-01' };
const SPAN = { tag: `${PUMP}/speed`, from: '2026-01-01' };

const PAST = `time,${PUMP}/speed\n2026-01-02T10:00:00Z,1450\n`;
const DRAWING = '<svg xmlns="http://www.w3.org/2000/svg"><script/><rect id="a"/></svg>';
const bytesOf = async function* (text: string) {
  yield Buffer.from(text);
};
const DETECTOR: DetectorStatus = {
  id: 'hall/none',
  asset: 'hall',
  where: [],
  kind: 'frozen',
  tags: ['hall/tag'],
  everyMs: 1000,
  state: 'not-learned',
  ratio: null,
  certainty: 0,
  reasons: [],
  settings: {},
  waiting: [],
  shadow: false,
  alarm: false,
  figures: { sinceUs: 0, findings: 0, true: 0, false: 0, known: 0, open: 0, falsePerWeek: 0 },
};
const NONE = DETECTOR.id;
const SAID = { state: 'done', done: 1, what: 'learning' } as const;
const LEARNING = { ...SAID, id: NONE, fromUs: 0, toUs: 1, dryRun: true, by: 'x', startedUs: 0 };
const PASSWORD = 'seven green valves hum';
/** What is refused as it should be, in place of what would be answered. */
const refused = (asked: Promise<unknown>, code: string, instead: unknown) =>
  asked.catch((error) => {
    assert.equal((error as Fault).code, code);
    return instead;
  });

/** Asked in this order and after all others: what one makes the next one uses. */
export const IN_ORDER: readonly string[] = [
  'me',
  'users',
  'addUser',
  'setRights',
  'setPassword',
  'signIn',
  'signInByCode',
  'firstAdministrator',
  'signOut',
  'changePassword',
  'sessions',
  'endSession',
  'tokens',
  'createToken',
  'revokeToken',
  'makeBreakGlass',
  'removeUser',
  'trustPage',
  'trustCertificate',
  'consolePage',
  'consoleAsset',
  'signInPage',
  'pageStyle',
  'panelStop',
  'saveView',
  'views',
  'removeView',
] satisfies readonly RouteId[];

/** What has no entry here does not compile. */
export function questionsTo(raw: Api, api: SiteApi): Questions {
  const cookieless = async (path: string, body: object) => {
    const reply = await fetch(raw.address.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return await reply.json();
  };

  const access = {
    me: () => api.me(),
    users: async () => {
      await api.addUser({ name: 'ann', role: 'administrator', password: PASSWORD });
      return await api.users();
    },
    addUser: () => api.addUser({ name: 'mia', role: 'viewer', password: PASSWORD }),
    setRights: () => api.setRights({ name: 'mia', role: 'operator', areas: ['hall/line1'] }),
    setPassword: () => api.setPassword({ name: 'mia', password: `${PASSWORD} loudly` }),
    signIn: () => cookieless('/api/access/sign-in', { name: 'mia', password: `${PASSWORD} loudly` }),
    signInByCode: async () => cookieless('/api/access/code', { code: (await api.makeBreakGlass({})).code }),
    // The demo has had administrators since the question before.
    firstAdministrator: () =>
      refused(api.firstAdministrator({ code: 'x', name: 'x', password: PASSWORD }), 'access.wrong', {
        name: 'x',
        role: 'administrator',
        via: 'session',
      }),
    // Who comes by the token of the data folder has no session and no password.
    signOut: () => api.signOut(),
    changePassword: () =>
      refused(api.changePassword({ present: 'x', next: PASSWORD }), 'access.unknown-user', {}),
    sessions: () => api.sessions(),
    endSession: async () => {
      const [one] = await api.sessions();
      return await api.endSession({ id: one?.id ?? assert.fail('nobody is signed in') });
    },
    tokens: async () => {
      await api.createToken({ name: 'prometheus', role: 'viewer', validForMs: 86_400e3 });
      return await api.tokens();
    },
    createToken: () => api.createToken({ name: 'grafana', role: 'viewer', areas: ['hall'] }),
    revokeToken: () => api.revokeToken({ name: 'grafana' }),
    makeBreakGlass: () => api.makeBreakGlass({}),
    removeUser: () => api.removeUser({ name: 'mia' }),
    trustPage: () => api.trustPage(),
    // The demo is on loopback, and not encrypted.
    trustCertificate: () => refused(api.trustCertificate(), 'access.no-tls', 'nothing'),
    consolePage: () => api.consolePage(),
    consoleAsset: async () => {
      const [, name = ''] = /assets\/(console-\w+\.js)/.exec(await api.consolePage()) ?? [];
      return await api.consoleAsset(name);
    },
    signInPage: () => api.signInPage(),
    pageStyle: () => api.pageStyle(),
    // The demo declares nothing that a stop writes.
    panelStop: () => refused(api.panelStop({}), 'panel.no-stop', []),
  };

  return {
    health: () => api.health(),
    status: () => api.status(),
    autonomy: () => api.autonomy(),
    pictures: () => api.pictures(),
    picture: () => api.picture('line1'),
    uploadPicture: () => api.uploadPicture('spare', { type: 'image/svg+xml', bytes: bytesOf(DRAWING) }),
    savePicture: () => api.savePicture('spare', { title: 'Spare', bindings: {}, by: 'test' }),
    metrics: () => api.metrics(),
    stream: () => first(api.stream({ prefix: `${PUMP}/`, everyMs: 100 })),
    openapi: () => api.openapi(),
    docs: () => api.docs(),
    events: () => items(api.events({ limit: 20 })),
    gaps: () => api.gaps({ limit: 10 }),
    deadLetters: () => api.deadLetters(),
    ledger: () => api.ledger(),
    ledgerRows: () => api.ledgerRows({ prefix: `${PUMP}/`, each: 'both', limit: 10 }),
    write: () => api.write({ tag: `${PUMP}/beacon`, value: true, why: 'a test asks' }),
    assets: () => api.assets(),
    setAsset: () => api.setAsset({ asset: PUMP, mode: 'local', why: 'a test asks' }),
    // The demo knows the state of its last run.
    withoutState: () =>
      api.withoutState({ why: 'a test asks', by: 'test' }).catch((error) => {
        assert.equal((error as Fault).code, 'site.state-known');
        return {};
      }),
    // The demo came out of no backup.
    restoreChecked: () =>
      api.restoreChecked({ by: 'test' }).catch((error) => {
        assert.equal((error as Fault).code, 'restore.nothing');
        return {};
      }),
    tags: () => items(api.tags({ prefix: PUMP })),
    tag: () => api.tag(`${PUMP}/speed_setpoint`),
    tagTree: () => api.tagTree({ depth: 4 }),
    alarms: () => api.alarms(),
    alarm: () => api.alarm(ALARM),
    operateAlarm: () => api.operateAlarm({ id: ALARM, act: 'comment', comment: 'a test was here' }),
    alerts: () => api.alerts(),
    endedAlerts: () => items(api.endedAlerts({ limit: 5 })),
    judgeAlert: () =>
      refused(api.judgeAlert({ id: 'hall/none', verdict: 'true', by: 'test' }), 'detector.unknown', DETECTOR),
    detectors: () => api.detectors(),
    detector: () => refused(api.detector('hall/none'), 'detector.unknown', DETECTOR),
    rules: () => api.rules(),
    notices: () => api.notices(),
    maintain: () => api.maintain({ asset: PUMP, forMin: 0.01, why: 'a test asks', by: 'test' }),
    sources: () => api.sources(),
    source: () => api.source('pumps'),
    browse: () => first(api.browse('pumps', { from: '1/holding/0-9' })),
    sinks: () => api.sinks(),
    actuators: () => api.actuators(),
    certificates: () => api.certificates(),
    certificate: async () => {
      const [one] = await api.certificates();
      return one ? await api.certificate(one.fingerprint) : { seen: [], pem: '' };
    },
    decideCertificate: async () => {
      const [one] = await api.certificates();
      return one ? await api.decideCertificate({ fingerprint: one.fingerprint, act: 'trust' }) : [];
    },
    config: () => api.config(),
    configHistory: () => api.configHistory(),
    configVersion: async () => api.configVersion((await api.config()).digest),
    configDiff: async () => {
      const { digest } = await api.config();
      return await api.configDiff({ from: digest, to: digest });
    },
    applyConfig: async () => api.applyConfig({ text: (await api.config()).text, why: 'a test asks' }),
    undoConfig: async () => api.undoConfig({ to: (await api.config()).digest }),
    siteSchema: () => api.siteSchema(),
    checkConfig: async () => api.checkConfig({ text: (await api.config()).text }),
    // The demo has no such detector; what they answer is looked at where one learns.
    learn: () =>
      refused(api.learn(NONE, { from: '2026-01-01', to: '2026-01-02' }), 'detector.unknown', LEARNING),
    learning: () => refused(api.learning(NONE), 'detector.unknown', LEARNING),
    endLearning: () => refused(api.endLearning(NONE), 'detector.unknown', LEARNING),
    learnedFile: () => refused(Array.fromAsync(api.learnedFile(NONE)), 'detector.unknown', '{}'),
    takeLearned: () =>
      refused(
        api.takeLearned(NONE, { type: 'application/vnd.holdfast.learned+json', bytes: bytesOf('{}') }),
        'detector.unknown',
        { id: NONE, digest: '' },
      ),
    backtest: () => Array.fromAsync(api.backtest({})),
    auditCheck: () => api.auditCheck(),
    historyTags: () => api.historyTags(),
    historyRaw: () => first(api.historyRaw(SPAN)),
    historyBuckets: () => first(api.historyBuckets({ ...SPAN, bucketUs: 60e6 })),
    historyTrend: () => api.historyTrend(SPAN),
    historyAt: () => api.historyAt({ tag: SPAN.tag, time: SPAN.from }),
    historyAligned: () => first(api.historyAligned({ ...SPAN, stepUs: 60e6 })),
    historyCalculated: () => first(api.historyCalculated({ ...CALC })),
    historyCalculatedBuckets: () => first(api.historyCalculatedBuckets({ ...CALC, bucketUs: 3600e6 })),
    historyGaps: () => api.historyGaps(SPAN),
    historyExport: async () => Buffer.concat(await Array.fromAsync(api.historyExport(SPAN))).toString(),
    historyImport: () =>
      Array.fromAsync(api.historyImport({ type: 'text/csv', bytes: bytesOf(PAST) }, { name: 'past.csv' })),
    saveView: () => api.saveView({ name: 'the pump', tags: [{ path: SPAN.tag, axis: 1 }], spanMs: 3600e3 }),
    views: () => api.views(),
    removeView: () => api.removeView({ name: 'the pump' }),
    ...access,
  };
}
