import type { LearningReport } from '#contract/learning.ts';
import type { Learned } from '#decide/detectors/api.ts';
import { learnedDigest, learnedText } from '#decide/detectors/learned.ts';
import { learn, learningOf, settingsOf, unwatchedBy } from '#decide/detectors/learning.ts';
import { fitnessOf } from '#edge/detectors/learning/fitness.ts';
import { type PeriodAsked, type ReadPeriod, readPeriod } from '#edge/detectors/learning/period.ts';
import { type ToldAsked, toldOf } from '#edge/detectors/learning/told.ts';
import type { HistoryReader } from '#historian/api.ts';
import { Fault } from '#kernel/fault.ts';

/** What is to be learned, by whom, and of which past. */
export interface LearningAsked extends PeriodAsked {
  readonly kind: string;
  /** What is not the default of the kind. */
  readonly settings: { readonly [name: string]: number };
  readonly told: Omit<ToldAsked, 'fromUs' | 'toUs'>;
}

export interface LearningResult {
  readonly report: LearningReport;
  /** The file, and its digest; absent where the period taught nothing. */
  readonly learned?: { readonly text: string; readonly digest: string };
}

/** Part of the work that reading is, about. */
const READING = 0.85;

/**
 * Learns a detector from a period of its site's past, and says whether that period was fit for it. Only reads.
 * @param progress how far it has come, 0 to 1, and with what
 * @throws Fault `detector.kind`, `detector.period`
 */
export async function learnFrom(
  reader: Pick<HistoryReader, 'tags' | 'valuesAt' | 'inOrder' | 'gaps'>,
  asked: LearningAsked,
  progress: (done: number, what: 'reading' | 'learning') => void,
): Promise<LearningResult> {
  const { kind, everyMs } = asked;
  const settings = settingsOf(kind, asked.settings);
  const period = await readPeriod(reader, asked, (part) => progress(part * READING, 'reading'));
  progress(READING, 'learning');
  const { learned, refused } = tried(kind, period, settings);
  const report = fitnessOf(named(kind, period), {
    needed: learningOf(kind).needed(period.signals.length, settings, everyMs),
    unwatched: learned ? unwatchedBy(learned) : {},
    contexts: learningOf(kind).contexts?.(period, settings),
    refused,
    told: toldOf({ ...asked.told, fromUs: asked.fromUs, toUs: asked.toUs }),
  });
  if (!learned) return { report };
  const text = learnedText(learned);
  return { report, learned: { text, digest: learnedDigest(text) } };
}

/** The signal of a balance is its expression, whose tag has a name that nobody chose. */
const named = (kind: string, period: ReadPeriod): ReadPeriod =>
  kind === 'balance' ? { ...period, signals: ['the balance'] } : period;

function tried(
  kind: string,
  period: ReadPeriod,
  settings: { readonly [name: string]: number },
): { readonly learned?: Learned; readonly refused?: string } {
  if (period.timeUs.length === 0) return { refused: 'the detector rests in all of the period' };
  try {
    return { learned: learn(kind, period, settings) };
  } catch (error) {
    if (error instanceof Fault && error.code === 'detector.unfit') return { refused: error.message };
    throw error;
  }
}
