import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { CrowdConfig, CrowdReport, FromCrowd, ToCrowd } from './api.ts';

const SCRIPT = fileURLToPath(new URL('./crowd.ts', import.meta.url));
/** Few collections of a heap that thousands of sites share: the processor is for what is measured. */
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=64'];

/** Simulated sites, spread over several processes. */
export class Crowds implements AsyncDisposable {
  readonly #children: readonly ChildProcess[];

  /** Returns once all sites are connected. */
  static async connect(config: CrowdConfig, processes: number): Promise<Crowds> {
    const span = Math.ceil((config.to - config.from) / processes);
    const children = Array.from({ length: processes }, (_, i) => {
      const from = config.from + i * span;
      const one = { ...config, from, to: Math.min(config.to, from + span) };
      return fork(SCRIPT, [JSON.stringify(one)], { execArgv: FLAGS });
    });
    const crowds = new Crowds(children);
    await Promise.all(children.map((child) => heard(child, 'connected')));
    return crowds;
  }

  private constructor(children: readonly ChildProcess[]) {
    this.#children = children;
  }

  /** Samples arrive from here on. */
  go(): void {
    for (const child of this.#children) child.send('go' satisfies ToCrowd);
  }

  async report(): Promise<CrowdReport> {
    const reports = await Promise.all(
      this.#children.map(async (child) => {
        const told = heard(child, 'report');
        child.send('report' satisfies ToCrowd);
        return (await told).report;
      }),
    );
    const sum = (key: 'connected' | 'lost' | 'samples' | 'waiting') =>
      reports.reduce((total, report) => total + report[key], 0);
    const all = (key: 'historyMs' | 'liveMs') =>
      reports.flatMap((report) => report[key]).sort((a, b) => a - b);
    return {
      connected: sum('connected'),
      lost: sum('lost'),
      samples: sum('samples'),
      waiting: sum('waiting'),
      historyMs: all('historyMs'),
      liveMs: all('liveMs'),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#children.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const gone = once(child, 'exit');
        child.send('end' satisfies ToCrowd);
        await gone;
      }),
    );
  }
}

/** @throws where the process ends before it says so */
async function heard<K extends FromCrowd['kind']>(
  child: ChildProcess,
  kind: K,
): Promise<FromCrowd & { readonly kind: K }> {
  const over = new AbortController();
  try {
    return await Promise.race([
      (async () => {
        for (;;) {
          const [message] = (await once(child, 'message', { signal: over.signal })) as [FromCrowd];
          if (message.kind === kind) return message as FromCrowd & { readonly kind: K };
        }
      })(),
      once(child, 'exit', { signal: over.signal }).then(([code]) => {
        throw new Error(`a process of sites ended with ${code}`);
      }),
    ]);
  } finally {
    over.abort();
  }
}
