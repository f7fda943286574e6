import { userInfo } from 'node:os';
import { SiteClient } from '#cli/client.ts';
import { moment } from '#cli/moment.ts';
import { age, bold, dim, number, red, table, valueText, yellow } from '#cli/text.ts';
import type { DetectorStatus, JudgeAlertBody } from '#contract/client.ts';

interface Common {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** All that begin so, as a table; one by its whole id with all that there is to say of it. */
export async function detectors(id: string | undefined, { data, json }: Common): Promise<void> {
  const { api } = await SiteClient.find(data);
  const found = await api.detectors({ prefix: id });
  const one = found.find((detector) => detector.id === id);
  if (json) return print(JSON.stringify(one ?? found, null, 2));
  if (one) return print(detailOf(one));
  if (found.length === 0) return print(`no detectors${id === undefined ? '' : ` that begin with ${id}`}`);
  const rows = found.map((detector) => [
    detector.id,
    detector.kind,
    stateText(detector),
    ratioText(detector),
    String(detector.figures.findings),
    number(detector.figures.falsePerWeek),
    detector.state === 'found'
      ? (detector.reasons[0]?.text ?? '')
      : (detector.waitsFor ?? detector.fault ?? detector.whyRest ?? ''),
  ]);
  print(table(['detector', 'kind', 'state', 'figure', 'found', 'false a week', ''], rows));
}

/** What people say of a finding: the newest of the detector, or the one that began then. */
export async function judge(
  id: string,
  verdict: JudgeAlertBody['verdict'],
  options: Common & { readonly why?: string; readonly since?: string },
): Promise<void> {
  const { api } = await SiteClient.find(options.data);
  const sinceUs = options.since === undefined ? undefined : moment(options.since, '--since');
  const after = await api.judgeAlert({ id, verdict, sinceUs, why: options.why, by: userInfo().username });
  print(options.json ? JSON.stringify(after, null, 2) : `${id}: ${figuresText(after)}`);
}

const STATES: { readonly [state in DetectorStatus['state']]: string } = {
  watching: 'watching',
  found: 'found',
  resting: 'resting',
  'warming-up': 'warming up',
  unknown: 'not known',
  'not-learned': 'not learned',
};

function stateText({ state, shadow }: DetectorStatus): string {
  const said = STATES[state];
  const shown = state === 'found' ? red(said) : state === 'not-learned' ? yellow(said) : said;
  return shadow ? `${shown}, shadow` : shown;
}

const ratioText = ({ ratio }: DetectorStatus): string => (ratio === null ? '–' : ratio.toFixed(2));

function detailOf(one: DetectorStatus): string {
  const { learned } = one;
  const span =
    learned?.fromUs === undefined ? '' : `, from ${iso(learned.fromUs)} to ${iso(learned.toUs ?? 0)}`;
  const lines = [
    `${bold(one.id)}  ${one.kind}  ${stateText(one)}${one.alarm ? ', an alarm too' : ''}`,
    one.description,
    `looks at ${one.tags.join(', ')} every ${age(one.everyMs)}`,
    one.restWhen && `rests while ${one.restWhen}`,
    one.whyRest && `rests now: ${one.whyRest}`,
    `figure ${ratioText(one)} of 1 at the limit, certainty ${one.certainty.toFixed(2)}`,
    one.sinceUs !== undefined && `found since ${iso(one.sinceUs)}`,
    learned && `learned ${learned.digest.slice(0, 12)} by ${learned.by}${span}`,
    one.waitsFor,
    one.fault && yellow(one.fault),
    one.waiting.length > 0 && yellow(`takes effect when it learns anew: ${one.waiting.join(', ')}`),
    dim(
      Object.entries(one.settings)
        .map(([name, value]) => `${name} ${number(value)}`)
        .join(', '),
    ),
    figuresText(one),
  ].filter((line) => typeof line === 'string' && line !== '');
  const reasons = one.reasons.map(({ tag, share, value, expected, deviation, text }) => [
    tag,
    `${Math.round(share * 100)} %`,
    valueText(value),
    valueText(expected),
    deviation === null ? '–' : deviation.toFixed(1),
    text,
  ]);
  const why = table(['tag', 'share', 'value', 'expected', 'deviations', ''], reasons);
  return [...lines, ...(reasons.length > 0 ? ['', why] : [])].join('\n');
}

function figuresText({ figures }: DetectorStatus): string {
  const { findings, known, open, falsePerWeek, sinceUs } = figures;
  const judged = `${figures.true} true, ${figures.false} false, ${known} known, ${open} not judged`;
  return `${findings} findings since ${iso(sinceUs)}: ${judged}; ${number(falsePerWeek)} false a week`;
}

const iso = (us: number): string => new Date(us / 1000).toISOString();
