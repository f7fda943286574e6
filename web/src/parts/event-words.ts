import type { EventView, Json } from '#contract/client.ts';

/**
 * How much an event matters to whoever watches for intruders and damage (IEC 62443-3-3 SR 2.8, SR 6.2): `threat` wants
 * somebody to look now, `odd` wants a look.
 */
export type Severity = 'threat' | 'odd' | 'none';

const THREATS =
  /^security\.(certificate-(changed|rejected)|(accounts|trust|journal|historian)-damaged|break-glass-used|box-replaced|state-(unread|given-up)|clock-jump|tag-conflict)$/;
const ODD =
  /^(security\.(sign-in-failed|access-refused|write-refused|certificate-\w+|clock-skew|new-talker|messages-dropped|panel-stop)|config\.refused|write\.(unknown|failed))$/;
/** Decided by people: what they trusted is no sign of anything. */
const DECIDED = /^security\.certificate-trusted$/;
/** So many wrong passwords at once are no slip of a finger. */
const MANY = 5;

type Told = Pick<EventView, 'name' | 'detail'>;

export function severityOf({ name, detail = {} }: Told): Severity {
  if (THREATS.test(name)) return 'threat';
  if (name === 'security.sign-in-failed' && Number(detail.failures ?? 1) >= MANY) return 'threat';
  return ODD.test(name) && !DECIDED.test(name) ? 'odd' : 'none';
}

/** What their names do not say: alarms come to a state by themselves, and a site can be left alone for so long. */
const HAPPENED: { readonly [name: string]: string } = {
  'alarm.unacknowledged': 'alarm raised',
  'alarm.returnedUnacknowledged': 'alarm over, not acknowledged',
  'alarm.latchedUnacknowledged': 'alarm over, latched, not acknowledged',
  'alarm.latchedAcknowledged': 'alarm over, latched',
  'alarm.normal': 'alarm over',
  'system.autonomy-low': 'left alone: less long than asked',
};

/** `alarm.outOfService` is “alarm: out of service”, `security.write-refused` is “write refused”. */
export function eventText(name: string): string {
  const happened = HAPPENED[name];
  if (happened !== undefined) return happened;
  const [kind = '', ...rest] = name.split('.');
  const words = rest
    .join(' ')
    .replaceAll('-', ' ')
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return kind === 'security' ? words : `${kind} ${words}`;
}

/** Who did it, as people say it: `operator:eva` is eva, and so is `api:eva`, who changed the site file. */
export const personOf = (by: string | undefined): string =>
  by?.replace(/^(operator|api):/, '').replace(/^(rule|lease):/, '$1 ') ?? '';

/** What stands beside it in a list: what was written, and why. */
export function moreOf({ name, detail = {} }: Told): string {
  const { value, why, comment, refusal, reason, summary, failures, from, forMin, byS, problemCount } = detail;
  const said = [
    value !== undefined && `to ${textOf(value)}`,
    text(refusal) && `refused: ${text(refusal)}`,
    name === 'config.changed' && text(summary),
    problemCount !== undefined && `${textOf(problemCount)} problems`,
    failures !== undefined && `${textOf(failures)} times`,
    byS !== undefined && `by ${textOf(byS)} s`,
    forMin !== undefined && forMin !== 0 && `for ${textOf(forMin)} min`,
    name.startsWith('security.sign') && text(from) && `from ${text(from)}`,
    text(why) ?? text(comment) ?? text(reason),
  ];
  return said.filter((one) => typeof one === 'string').join(', ');
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

export const textOf = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));
