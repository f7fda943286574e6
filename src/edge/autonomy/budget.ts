import type { Autonomy, AutonomyLine } from '#contract/autonomy.ts';
import type { CertificateFact, ClockFact, Facts, FlashFact } from './facts.ts';
import { DAY_US, ends, lasts, size, unknown } from './line.ts';
import { backlogLines, diskLine, retentionLines } from './space.ts';

const RANK = { ends: 0, unknown: 1, lasts: 2 } as const;

/**
 * How long the site would bear to be left alone, each reason for itself. Nothing is guessed: what is not known is a line
 * that says so.
 */
export function autonomyOf(facts: Facts): Autonomy {
  const { journal, historian, disk, nowUs, leastDays } = facts;
  const lines = [
    ...facts.certificates.map((one) => certificateLine(one, nowUs)),
    ...tokenLines(facts.tokens),
    ...backlogLines(journal),
    diskLine(disk, journal, historian),
    flashLine(facts.flash),
    clockLine(facts.clock, nowUs),
    sequenceLine(facts.sequence),
    ...retentionLines(journal, historian),
  ].sort((a, b) => RANK[a.state] - RANK[b.state] || (a.days ?? 0) - (b.days ?? 0));
  const first = lines.find(({ state, counts }) => counts && state === 'ends');
  const days = first?.days;
  return {
    atUs: nowUs,
    ...(first && days !== undefined && { days, first: { reason: first.reason, subject: first.subject } }),
    leastDays,
    isLow: days !== undefined && days < leastDays,
    unknown: lines.filter(({ state, counts }) => counts && state === 'unknown').length,
    lines,
  };
}

const EFFECTS: { readonly [kind in CertificateFact['kind']]: string } = {
  given: 'connections that it is for are refused: renew it',
  authority: 'browsers and programs must trust another one; what it issued is renewed by itself until then',
  own: 'machines may refuse the site: make another one and trust it there',
  peer: 'a warning, and nothing else: it goes on being trusted until somebody rejects it',
};

function certificateLine(one: CertificateFact, nowUs: number): AutonomyLine {
  const line = {
    reason: 'certificate',
    subject: one.subject,
    effect: EFFECTS[one.kind],
    counts: one.kind !== 'peer',
  } as const;
  if (one.validToUs === undefined)
    return unknown({ ...line, why: one.unreadable ?? 'its end cannot be read' });
  const why = `valid to ${new Date(one.validToUs / 1000).toISOString().slice(0, 10)}, by the clock of the site`;
  return ends((one.validToUs - nowUs) / DAY_US, { ...line, why });
}

function tokenLines(tokens: Facts['tokens']): AutonomyLine[] {
  const effect = 'the program that uses it is refused';
  const reason = 'token';
  if (typeof tokens === 'string') return [unknown({ reason, subject: 'API tokens', effect, why: tokens })];
  return tokens.map(({ name, leftMs }) =>
    ends(leftMs / 86_400e3, {
      reason,
      subject: name,
      effect,
      why: 'time that it was made for, which no clock that jumps changes',
    }),
  );
}

function flashLine(flash: FlashFact): AutonomyLine {
  const { enduranceBytes, usedShare, device, writtenPerDay, writtenBytes } = flash;
  const line = {
    reason: 'flash',
    subject: 'box',
    effect: 'its flash may fail, and with it all that it holds',
  } as const;
  const rate = writtenPerDay === undefined ? undefined : `${size(writtenPerDay)} written a day by the site`;
  if (enduranceBytes === undefined)
    return unknown({
      ...line,
      why: `${rate ?? 'the rate is not known yet'}; settings.box.flashEnduranceTB does not say what it bears (${device})`,
    });
  if (writtenPerDay === undefined || rate === undefined)
    return unknown({
      ...line,
      why: 'bytes written a day are not known before the site has run for ten minutes',
    });
  if (writtenPerDay === 0) return lasts({ ...line, why: 'the site writes nothing' });
  const used = Math.max(writtenBytes, (usedShare ?? 0) * enduranceBytes);
  const by =
    usedShare === undefined
      ? `the site has written ${size(writtenBytes)}; what else was written is not known (${device})`
      : `up to ${Math.round(usedShare * 100)} % used up, as the device says (${device})`;
  return ends((enduranceBytes - used) / writtenPerDay, {
    ...line,
    why: `${rate}, of ${size(enduranceBytes)} in all; ${by}`,
  });
}

function clockLine({ sync, statedPpm, toleranceMs, corrected }: ClockFact, nowUs: number): AutonomyLine {
  const line = {
    reason: 'clock',
    subject: 'wall clock',
    effect: `over ${toleranceMs / 1000} s behind, right times of devices are taken for wrong and replaced by those of arrival`,
  } as const;
  const ppm = sync.driftPpm ?? statedPpm;
  const last = corrected
    ? `; last set ${(corrected.agoUs / 3_600e6).toFixed(1)} h ago by ${Math.round(corrected.byMs)} ms`
    : '';
  // 1 ppm is a µs a second: 86.4 ms a day.
  const daysBorne = ppm === undefined || ppm === 0 ? undefined : toleranceMs / (Math.abs(ppm) * 86.4);
  const alone =
    daysBorne === undefined
      ? '; how far it drifts alone is not known: settings.box.clockDriftPpm says it'
      : `; alone it would drift ${((Math.abs(ppm ?? 0) * 86.4) / 1000).toFixed(1)} s a day, and last ${Math.round(daysBorne)} days`;
  const why = sync.why + last + alone;
  if (sync.state === 'synchronised') return lasts({ ...line, why });
  if (sync.state === 'unknown' || daysBorne === undefined) return unknown({ ...line, why });
  const sinceDays = sync.lastUs === undefined ? 0 : Math.max(0, nowUs - sync.lastUs) / DAY_US;
  return ends(daysBorne - sinceDays, { ...line, why });
}

/** Beyond this no plant plans. */
const FAR_DAYS = 100 * 365;

function sequenceLine({ seq, perDay }: Facts['sequence']): AutonomyLine {
  const line = {
    reason: 'sequence',
    subject: 'journal',
    effect: 'its entries can be numbered no more',
  } as const;
  if (perDay === undefined) return unknown({ ...line, why: 'entries a day are not known yet' });
  const days = perDay === 0 ? Number.POSITIVE_INFINITY : (Number.MAX_SAFE_INTEGER - seq) / perDay;
  const why = `number ${seq} of 9 × 10¹⁵, ${Math.round(perDay)} a day`;
  return days > FAR_DAYS ? lasts({ ...line, why }) : ends(days, { ...line, why });
}
