import { IxButton } from '@siemens/ix-react';
import { useRef, useState } from 'react';
import type { EventView } from '#contract/client.ts';
import { siteNowMs } from '../../data/clock.ts';
import { useStatus } from '../../data/site.ts';
import { count, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import type { Asked } from './asked.ts';
import { wantedBack } from './found.ts';
import { csvOf, jsonOf } from './table-file.ts';

const FORMS = {
  csv: { type: 'text/csv', write: csvOf },
  json: { type: 'application/json', write: jsonOf },
} as const;

interface Progress {
  readonly events: number;
  readonly back: EventView | undefined;
}

/** Everything that fits, from the newest back to the beginning of the journal, as a file; made in this browser. */
export function Export({ asked }: { readonly asked: Asked }) {
  const { data: status } = useStatus();
  const [progress, setProgress] = useState<Progress>();
  const stop = useRef<AbortController>(undefined);
  const { run, busy, error } = useAct(async (form: keyof typeof FORMS) => {
    stop.current = new AbortController();
    const { signal } = stop.current;
    setProgress({ events: 0, back: undefined });
    try {
      const found: EventView[] = [];
      for await (const events of wantedBack(asked, signal)) {
        found.push(...events);
        setProgress({ events: found.length, back: found.at(-1) });
      }
      save(
        `audit-${status?.site ?? 'site'}-${stamp()}.${form}`,
        FORMS[form].type,
        FORMS[form].write(found.reverse()),
      );
    } catch (failure) {
      if (!signal.aborted) throw failure;
    } finally {
      setProgress(undefined);
    }
  });
  return (
    <div className="audit-export">
      {busy && progress ? (
        <span role="status">
          {count(progress.events)} events
          {progress.back && `, back to ${moment(progress.back.timeUs / 1000, siteNowMs())}`}{' '}
          <button type="button" className="link" onClick={() => stop.current?.abort()}>
            Stop
          </button>
        </span>
      ) : (
        <>
          <span className="quiet">Export</span>
          <IxButton variant="tertiary" onClick={() => void run('csv')} aria-label="Export as CSV">
            CSV
          </IxButton>
          <IxButton variant="tertiary" onClick={() => void run('json')} aria-label="Export as JSON">
            JSON
          </IxButton>
        </>
      )}
      {error && <Refusal error={error} />}
    </div>
  );
}

const stamp = (): string => new Date(siteNowMs()).toISOString().slice(0, 16).replaceAll(/[-:]/g, '');

function save(name: string, type: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
