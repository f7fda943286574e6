import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { AppliedConfig, ConfigEntry } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { useSiteNow } from '../../../data/clock.ts';
import { askAgain, usePolled } from '../../../data/poll.ts';
import { useMe } from '../../../data/session.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { moment } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { Table } from '../../../parts/table.tsx';
import { useAct } from '../../../parts/use-act.ts';
import { Outcome } from './apply-dialog.tsx';
import { CodeEditor } from './code-editor.tsx';
import { ReasonForm } from './reason-form.tsx';
import { CONFIG } from './site-file.tsx';

const EVERY_MS = 10_000;

/** Site files that took effect, newest first: what each changed, and the way back to it. */
export function Versions() {
  const { data: entries, error } = usePolled(
    `${CONFIG} history`,
    (signal) => api.configHistory({}, signal),
    EVERY_MS,
  );
  const nowMs = useSiteNow();
  const [shown, setShown] = useState<ConfigEntry>();
  const [goesBack, setGoesBack] = useState<{ readonly to: ConfigEntry; readonly from: string }>();
  if (error && !entries) return <Refusal error={error} />;
  const newest = entries?.toReversed() ?? [];
  const running = newest[0]?.digest;
  return (
    <section className="card" aria-label="Site files that took effect">
      <Table label="Table of site files" className="versions">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">By</th>
            <th scope="col">What it changed</th>
            <th scope="col">Why</th>
            <th scope="col">Digest</th>
            <th scope="col">
              <span className="unseen">What to do</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {newest.map((entry) => (
            <tr key={entry.seq}>
              <td className="event-time">{moment(entry.timeUs / 1000, nowMs)}</td>
              <td>{byText(entry)}</td>
              <td>
                {entry.summary ?? (entry.before === null ? 'the first one' : 'started with another file')}
              </td>
              <td>{entry.why ?? <span className="quiet">–</span>}</td>
              <td>
                <code>{entry.digest.slice(0, 12)}</code>
                {entry.digest === running && <span className="quiet"> runs</span>}
              </td>
              <td className="row-acts">
                <button type="button" className="link" onClick={() => setShown(entry)}>
                  {entry.before === null ? 'Text' : 'Differences'}
                </button>
                {entry.digest !== running && running !== undefined && (
                  <button
                    type="button"
                    className="link"
                    onClick={() => setGoesBack({ to: entry, from: running })}
                  >
                    Go back to it …
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {shown && <Shown entry={shown} onEnd={() => setShown(undefined)} />}
      {goesBack && <GoBack {...goesBack} onEnd={() => setGoesBack(undefined)} />}
    </section>
  );
}

function byText({ by, undoes }: ConfigEntry): string {
  const who = by.startsWith('api:')
    ? by.slice(4)
    : { file: 'file saved', start: 'start', hangup: 'reload' }[by];
  return `${who ?? by}${undoes === undefined ? '' : ', went back'}`;
}

const NEVER_MS = 24 * 3_600_000;

const useText = (digest: string | null) =>
  usePolled(
    `site file ${digest}`,
    async (signal) => (digest === null ? '' : (await api.configVersion(digest, signal)).text),
    NEVER_MS,
  );

function Shown({ entry, onEnd }: { readonly entry: ConfigEntry; readonly onEnd: () => void }) {
  const { data: text, error } = useText(entry.digest);
  const before = useText(entry.before);
  // Where the one before is forgotten the text itself is what can be shown.
  const original = entry.before === null || before.error ? undefined : before.data;
  const isReady = text !== undefined && (entry.before === null || before.error || before.data !== undefined);
  return (
    <Dialog title={`Site file ${entry.digest.slice(0, 12)}`} onClose={onEnd}>
      <div className="dialog-wide">
        {entry.summary && <p>{entry.summary}</p>}
        {error && <Refusal error={error} />}
        <div className="dialog-code">
          {isReady && <CodeEditor label="Site file" text={text} original={original} />}
        </div>
        <div className="actions">
          <IxButton onClick={onEnd}>Close</IxButton>
        </div>
      </div>
    </Dialog>
  );
}

/** Back to an earlier file, in front of what that takes away. */
function GoBack({
  to,
  from,
  onEnd,
}: {
  readonly to: ConfigEntry;
  readonly from: string;
  readonly onEnd: () => void;
}) {
  const { name } = useMe();
  const after = useText(to.digest);
  const before = useText(from);
  const [applied, setApplied] = useState<AppliedConfig>();
  const { run, busy, error } = useAct(async (why: string) => {
    setApplied(await api.undoConfig({ to: to.digest, why, expects: from, by: name }));
    askAgain(CONFIG);
  });
  if (applied) return <Outcome applied={applied} onEnd={onEnd} />;
  return (
    <Dialog title={`Go back to ${to.digest.slice(0, 12)}?`} onClose={onEnd}>
      <div className="dialog-wide">
        <div className="dialog-code">
          {after.data !== undefined && before.data !== undefined && (
            <CodeEditor label="Differences" text={after.data} original={before.data} />
          )}
        </div>
        <ReasonForm
          act="Go back"
          busy={busy}
          error={error ?? after.error}
          onAct={(why) => void run(why)}
          onCancel={onEnd}
        />
      </div>
    </Dialog>
  );
}
