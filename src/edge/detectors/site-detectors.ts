import type { Verdict } from '#contract/api.ts';
import type { DecisionSpec, Decisions } from '#decide/api.ts';
import { openDetector } from '#decide/detectors/opening.ts';
import { type DetectorSpec, withFiles } from '#decide/detectors/spec.ts';
import { FindingRecord } from '#edge/detectors/findings.ts';
import { LearnedStore, type Learnt } from '#edge/detectors/learned-store.ts';
import type { Journal } from '#journal/api.ts';
import type { Clock } from '#kernel/clock.ts';
import type { Json, SiteEvent } from '#kernel/event.ts';
import { Fault } from '#kernel/fault.ts';

export interface DetectorPorts {
  /** Undefined where no learned files are kept. */
  readonly dataDir: string | undefined;
  readonly journal: Journal;
  readonly clock: Clock;
  decisions(): Decisions;
  event(event: SiteEvent): void;
  /** Writes what has changed of decisions into the commit under way. */
  keep(): void;
}

export interface Judgement {
  readonly id: string;
  /** The newest finding when absent. */
  readonly sinceUs?: number | undefined;
  readonly verdict: Verdict;
  readonly why?: string | undefined;
  readonly by: string;
}

/** What a site knows of its detectors beside what decides: learned files, findings, what people said of them. */
export class SiteDetectors {
  readonly store: LearnedStore;
  readonly findings: FindingRecord;
  readonly #ports: DetectorPorts;
  #specs = new Map<string, DetectorSpec>();

  constructor(ports: DetectorPorts) {
    this.#ports = ports;
    this.store = new LearnedStore(ports.dataDir, ports.journal);
    this.findings = new FindingRecord(ports.journal);
  }

  /** The specification with what its detectors learned. */
  withFiles(spec: DecisionSpec): DecisionSpec {
    return withFiles(spec, (one) => this.store.fileOf(one));
  }

  /** The site file that runs from here on. */
  change({ detectors = [] }: DecisionSpec): void {
    this.#specs = new Map(detectors.map((one) => [one.id, one]));
    this.findings.begin(this.#specs.keys(), this.#ports.clock.nowUs());
  }

  /**
   * Between two batches: from here on the detector goes on with a learned file that was put into the store.
   * @param about where it came from
   * @throws Fault `detector.unknown`, `detector.pinned`, `detector.learned`: nothing has changed
   */
  learned(id: string, digest: string, about: Omit<Learnt, 'digest' | 'atUs'>): void {
    const { clock, event, keep, decisions } = this.#ports;
    const spec = this.spec(id);
    if (spec.learned !== undefined && spec.learned !== digest) throw pinned(id, spec.learned);
    const text = this.store.text(digest);
    if (text === undefined) throw unusable(`there is no learned file ${digest.slice(0, 12)}`);
    const { fault } = openDetector({ ...spec, file: { digest, text } });
    if (fault !== undefined) throw unusable(fault);
    const atUs = clock.nowUs();
    const { fromUs, toUs, by, report } = about;
    const before = this.store.fileOf(spec)?.digest ?? null;
    const span = { ...(fromUs !== undefined && { fromUs }), ...(toUs !== undefined && { toUs }) };
    const detail = { digest, before, ...span, ...(report !== undefined && { report: report as Json }) };
    event({ kind: 'system', name: 'detector.learned', subject: id, by, timeUs: atUs, detail });
    this.store.use(id, { ...about, digest, atUs });
    decisions().learn(id, { digest, text });
    this.findings.learned(id, atUs);
    keep();
  }

  /** People say what a finding was. @throws Fault `detector.unknown`, `detector.no-finding` */
  judge({ id, sinceUs, verdict, why, by }: Judgement): void {
    this.spec(id);
    const found = this.findings.finding(id, sinceUs);
    const detail = { sinceUs: found.sinceUs, verdict, ...(why !== undefined && { why }) };
    const timeUs = this.#ports.clock.nowUs();
    this.#ports.event({ kind: 'alert', name: 'alert.judged', subject: id, by, timeUs, detail });
  }

  /** @throws Fault `detector.unknown` */
  spec(id: string): DetectorSpec {
    const spec = this.#specs.get(id);
    if (spec) return spec;
    throw new Fault('detector.unknown', `there is no detector ${id}`, {
      retry: 'never',
      hint: 'holdfast detectors lists them',
    });
  }
}

/** Nothing that is learned at the site takes effect. */
export const pinned = (id: string, digest: string): Fault =>
  new Fault('detector.pinned', `the site file holds ${id} to the learned file ${digest.slice(0, 12)}`, {
    retry: 'never',
    hint: 'take `learned:` out of the site file, or write the new digest there',
  });

const unusable = (what: string): Fault =>
  new Fault('detector.learned', `what was learned cannot be used: ${what}`, { retry: 'never' });
