import { IxButton } from '@siemens/ix-react';
import { useEffect, useRef, useState } from 'react';
import type { BacktestReport, Problem } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { siteNowMs } from '../../../data/clock.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { count } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { useAct } from '../../../parts/use-act.ts';
import { Report } from './report.tsx';

const HOUR_MS = 3_600_000;
const LENGTHS: readonly (readonly [string, number])[] = [
  ['15 minutes', HOUR_MS / 4],
  ['hour', HOUR_MS],
  ['8 hours', 8 * HOUR_MS],
  ['day', 24 * HOUR_MS],
  ['7 days', 7 * 24 * HOUR_MS],
  ['4 weeks', 28 * 24 * HOUR_MS],
];

interface Progress {
  readonly part: number;
  readonly rows: number;
  readonly rowsPerS: number;
}

type Against = 'current' | 'record';

/** Has the past decided anew by a text that does not run: what it would have found, raised and written. */
export function Trial({
  text,
  isReady,
  isChanged,
}: {
  readonly text: string;
  readonly isReady: boolean;
  readonly isChanged: boolean;
}) {
  const [lengthMs, setLength] = useState(HOUR_MS);
  const [against, setAgainst] = useState<Against>('current');
  const [progress, setProgress] = useState<Progress>();
  const [result, setResult] = useState<{ readonly report: BacktestReport; readonly text: string }>();
  const [problems, setProblems] = useState<readonly Problem[]>([]);
  const [isShown, setShown] = useState(false);
  const asking = useRef<AbortController>(undefined);
  useEffect(() => () => asking.current?.abort(), []);
  const { run, busy, error } = useAct(async () => {
    const mine = new AbortController();
    asking.current = mine;
    setProgress({ part: 0, rows: 0, rowsPerS: 0 });
    setProblems([]);
    const from = String(Math.round((siteNowMs() - lengthMs) * 1000));
    try {
      for await (const line of api.backtest({ text, from, against }, mine.signal)) {
        if ('part' in line) setProgress(line);
        else if ('problems' in line) setProblems(line.problems);
        else {
          setResult({ report: line.report, text });
          setShown(true);
        }
      }
    } catch (failure) {
      if (!mine.signal.aborted) throw failure;
    } finally {
      setProgress(undefined);
    }
  });
  return (
    <section className="card trial" aria-label="Try it on the past">
      <h2>Try it on the past</h2>
      <p className="about">
        What this text would have found, raised and written. Nothing is written to any machine.
      </p>
      <div className="trial-choices">
        <label>
          The last{' '}
          <select value={lengthMs} onChange={(event) => setLength(Number(event.target.value))}>
            {LENGTHS.map(([name, ms]) => (
              <option key={name} value={ms}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          beside{' '}
          <select value={against} onChange={(event) => setAgainst(event.target.value as Against)}>
            <option value="current">what the running file finds</option>
            <option value="record">what the site did</option>
          </select>
        </label>
      </div>
      {progress ? (
        <div className="trial-progress">
          <progress value={progress.part} max={1} aria-label="How far the past has come" />
          <span className="number">{Math.floor(progress.part * 100)} %</span>
          <span className="quiet">
            {count(progress.rows)} samples, {count(progress.rowsPerS)}/s
          </span>
          <IxButton variant="tertiary" onClick={() => asking.current?.abort()}>
            Cancel
          </IxButton>
        </div>
      ) : (
        <div className="actions-start">
          <IxButton variant="secondary" disabled={!isReady || busy} onClick={() => void run()}>
            Try {isChanged ? 'the draft' : 'the running file'}
          </IxButton>
          {result && (
            <IxButton variant="tertiary" onClick={() => setShown(true)}>
              Show the last report{result.text === text ? '' : ' (of an earlier text)'}
            </IxButton>
          )}
        </div>
      )}
      {error && <Refusal error={error} />}
      {problems.length > 0 && <p className="abnormal">The text has errors: see the problems.</p>}
      {isShown && result && (
        <Dialog title="What it would have done" onClose={() => setShown(false)}>
          <Report report={result.report} />
          <div className="actions">
            <IxButton onClick={() => setShown(false)}>Close</IxButton>
          </div>
        </Dialog>
      )}
    </section>
  );
}
