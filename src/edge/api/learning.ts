import type { LEARNING_ROUTES } from '#contract/routes/learning.ts';
import { detectorOf, learnedDigest } from '#decide/detectors/learned.ts';
import { type DetectorSpec, signalsOf } from '#decide/detectors/spec.ts';
import type { Handlers } from '#edge/api/handlers.ts';
import { checkAsked } from '#edge/detectors/learning/asked.ts';
import { LearningDesk } from '#edge/detectors/learning/desk.ts';
import { pinned } from '#edge/detectors/site-detectors.ts';
import type { Site } from '#edge/site.ts';
import { durable } from '#edge/writes.ts';
import type { Json } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';
import type { Caller } from '#kernel/rights.ts';

/** Learns for whoever asks through the API; ends with it. */
export function learningDesk(site: Site): LearningDesk {
  const { core, dataDir } = site;
  const { detectors } = core;
  return new LearningDesk({
    task({ id, fromUs, toUs, dryRun }) {
      const { learned } = detectors.spec(id);
      if (learned !== undefined && !dryRun) throw pinned(id, learned);
      checkAsked(site.blueprint, id, { fromUs, toUs });
      return { dataDir, text: site.blueprint.text, id, fromUs, toUs };
    },
    durable: () => durable(core.journal),
    nowUs: () => core.clock.nowUs(),
    event: (name, id, detail, by) => site.configEvent(name, id, detail, by),
    async keep(id, { text, by, fromUs, toUs, report }) {
      detectors.learned(id, await detectors.store.put(text), {
        by,
        fromUs,
        toUs,
        report: report as unknown as Json,
      });
    },
  });
}

/** Far above what a kind learns of as many signals as a detector may have. */
const MOST_BYTES = 16 * 2 ** 20;

/** Learning on command, and what was learned as a file. */
export function learningHandlers(
  site: Site,
  desk: LearningDesk,
): Pick<Handlers, keyof typeof LEARNING_ROUTES> {
  const { detectors } = site.core;
  const known = (id: string): DetectorSpec => detectors.spec(id);
  return {
    learn({ params: { id }, body: { from, to, by, ...asked } }, _signal, { caller }) {
      known(id);
      return desk.start({ id, fromUs: from, toUs: to, ...asked, by: nameOf(caller, by) });
    },
    learning({ params: { id } }) {
      known(id);
      const status = desk.status(id);
      if (status) return status;
      throw new Fault('detector.not-learning', `the detector ${id} has not learned since the start`, {
        retry: 'never',
        hint: '`holdfast detectors` says what it learned before',
      });
    },
    endLearning({ params: { id } }) {
      known(id);
      return desk.end(id);
    },
    learnedFile({ params: { id } }) {
      const file = detectors.store.fileOf(known(id));
      if (!file)
        throw new Fault('detector.not-learned', `the detector ${id} has learned nothing yet`, {
          retry: 'never',
          hint: 'let it learn from a period of good running: `holdfast learn`',
        });
      const name = `${id.replaceAll('/', '-')}.json`;
      return { type: 'application/vnd.holdfast.learned+json', name, bytes: bytesOf(file.text) };
    },
    async takeLearned({ params: { id }, query: { name, why, by }, body }, _signal, { caller }) {
      const detector = known(id);
      const text = await textOf(body.bytes);
      checkFits(detector, text);
      const who = nameOf(caller, by);
      const digest = await detectors.store.put(text);
      detectors.learned(id, digest, { by: who });
      const told = { file: name, digest, ...(why !== undefined && { why }) };
      site.configEvent('config.learned-taken', id, told, who);
      return { id, digest };
    },
  };
}

/** The command line alone knows the user of the box; everybody else is who signed in. */
const nameOf = (caller: Caller, by: string): string => (caller.via === 'local' ? by : caller.name);

async function* bytesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}

/** @throws Fault `detector.learned` */
async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of bytes) {
    size += piece.length;
    // The rest is still taken, so that whoever sends it gets an answer.
    if (size <= MOST_BYTES) pieces.push(piece);
  }
  if (size <= MOST_BYTES) return Buffer.concat(pieces).toString('utf8');
  throw new Fault('detector.learned', `the file has ${size} bytes, a learned file ${MOST_BYTES} at most`, {
    retry: 'never',
    hint: 'name a file that `holdfast learn --save` has written',
  });
}

/** @throws Fault `detector.learned`, `detector.other-learned` */
function checkFits(detector: DetectorSpec, text: string): void {
  const { kind, signals } = detectorOf(text, learnedDigest(text)).learned;
  const other = (what: string): Fault =>
    new Fault('detector.other-learned', what, {
      retry: 'never',
      hint: 'a file fits detectors of the same kind over the same signals in the same order: those of one type',
    });
  if (kind !== detector.kind)
    throw other(
      `the file is of a detector of the kind ${kind}, ${detector.id} is of the kind ${detector.kind}`,
    );
  const own = signalsOf(detector);
  if (own.length !== signals.length || own.some((name, i) => name !== signals[i]))
    throw other(`the file is about ${signals.join(', ')}; ${detector.id} looks at ${own.join(', ')}`);
}
