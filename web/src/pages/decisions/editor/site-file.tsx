import { IxButton } from '@siemens/ix-react';
import { useCallback, useEffect, useState } from 'react';
import type { EventView, RunningConfig } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { siteNowMs } from '../../../data/clock.ts';
import { useEvents } from '../../../data/live.ts';
import { askAgain, usePolled } from '../../../data/poll.ts';
import { useMe } from '../../../data/session.ts';
import { useStatus } from '../../../data/site.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { moment } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { usePlace } from '../../../shell/route.ts';
import { ApplyDialog } from './apply-dialog.tsx';
import { CodeEditor } from './code-editor.tsx';
import { useDraft } from './draft.ts';
import { Findings } from './findings.tsx';
import { Meanwhile } from './meanwhile.tsx';
import type { Schema } from './schema.ts';
import { Trial } from './trial.tsx';
import { useCheck } from './use-check.ts';
import { lineOf } from './yaml-place.ts';

/** Key of the questions about the site file: `askAgain(CONFIG)` after changing it. */
export const CONFIG = 'config';
const EVERY_MS = 10_000;
const NEVER_MS = 24 * 3_600_000;

/** The site file: looked at, changed, tried on the past, applied. */
export function SiteFile() {
  const me = useMe();
  const { data: status } = useStatus();
  const { data: running, error } = usePolled(CONFIG, (signal) => api.config(signal), EVERY_MS);
  useEvents(
    useCallback((events: readonly EventView[]) => {
      if (events.some(({ kind }) => kind === 'config')) askAgain(CONFIG);
    }, []),
  );
  if (error && !running) return <Refusal error={error} />;
  if (!running || !status)
    return <div className="waiting" role="status" aria-label="Asking for the site file" />;
  return <Editing site={status.site} user={me.name} running={running} />;
}

function Editing({
  site,
  user,
  running,
}: {
  readonly site: string;
  readonly user: string;
  readonly running: RunningConfig;
}) {
  const { draft, isOnlyHere, keep, drop } = useDraft(site, user);
  const { data: schema } = usePolled('site schema', (signal) => api.siteSchema(signal), NEVER_MS);
  const at = usePlace().query.get('at');
  const [goTo, setGoTo] = useState(() => placeNamed(at, draft?.text ?? running.text));
  const [isCompared, setCompared] = useState(false);
  const [asks, setAsks] = useState<'apply' | 'drop'>();
  const text = draft?.text ?? running.text;
  const check = useCheck(text, running.digest);
  const isChanged = draft !== undefined && draft.text !== running.text;
  const isStale = isChanged && draft.base !== running.digest;
  const isSettled = draft !== undefined && !isChanged;
  // Somebody applied the very same text, or everything was taken back.
  useEffect(() => {
    if (isSettled) drop();
  }, [isSettled, drop]);
  const problems = check.checked?.problems;
  const hasErrors = problems?.some(({ severity }) => severity === 'error') ?? false;
  return (
    <div className="site-file">
      <div className="site-file-bar">
        <DraftState
          isChanged={isChanged}
          savedMs={draft?.savedMs}
          isOnlyHere={isOnlyHere}
          running={running}
        />
        <label className="check">
          <input
            type="checkbox"
            checked={isCompared}
            disabled={!isChanged}
            onChange={(event) => setCompared(event.target.checked)}
          />
          Show differences
        </label>
        <IxButton variant="tertiary" disabled={!isChanged} onClick={() => setAsks('drop')}>
          Drop draft …
        </IxButton>
        <IxButton
          disabled={!isChanged || hasErrors || isStale || check.isAsking}
          onClick={() => setAsks('apply')}
        >
          Apply …
        </IxButton>
      </div>
      {isStale && (
        <Meanwhile
          draft={draft}
          running={running}
          onText={(now) => {
            keep(now, running.digest);
            setCompared(true);
          }}
          onDrop={drop}
        />
      )}
      {running.refused && <OnDisk refused={running.refused} />}
      <div className="site-file-body">
        <CodeEditor
          label="Site file"
          text={text}
          onText={(now) => keep(now, draft?.base ?? running.digest)}
          problems={problems}
          schema={schema as Schema | undefined}
          original={isCompared && isChanged ? running.text : undefined}
          goTo={goTo}
        />
        <div className="site-file-aside">
          <Findings check={check} isChanged={isChanged} onGo={(line, column) => setGoTo({ line, column })} />
          <Trial text={text} isReady={!hasErrors && !check.isAsking} isChanged={isChanged} />
        </div>
      </div>
      <p className="about">
        Ctrl-Space completes, pointing explains, Ctrl-F searches. Tab indents; Esc, then Tab leaves the
        editor.
      </p>
      {asks === 'apply' && (
        <ApplyDialog
          text={text}
          running={running}
          lines={check.checked?.lines ?? []}
          onEnd={(isApplied) => {
            setAsks(undefined);
            askAgain(CONFIG);
            if (isApplied) drop();
          }}
        />
      )}
      {asks === 'drop' && (
        <Dialog title="Drop your draft?" onClose={() => setAsks(undefined)}>
          <p>What you have changed is gone then. The site goes on with the file that it runs.</p>
          <div className="actions">
            <IxButton variant="tertiary" onClick={() => setAsks(undefined)}>
              Cancel
            </IxButton>
            <IxButton
              variant="danger-primary"
              onClick={() => {
                drop();
                setCompared(false);
                setAsks(undefined);
              }}
            >
              Drop it
            </IxButton>
          </div>
        </Dialog>
      )}
    </div>
  );
}

/** Where the address leads: keys from the top, a line each. */
function placeNamed(at: string | null, text: string) {
  const line = at === null ? undefined : lineOf(text.split('\n'), at.split('\n'));
  return line === undefined ? undefined : { line: line + 1, column: 1 };
}

function DraftState({
  isChanged,
  savedMs,
  isOnlyHere,
  running,
}: {
  readonly isChanged: boolean;
  readonly savedMs: number | undefined;
  readonly isOnlyHere: boolean;
  readonly running: RunningConfig;
}) {
  const since = moment(running.sinceUs / 1000, siteNowMs());
  return (
    <p className="site-file-state" role="status">
      {isChanged ? (
        <>
          <strong>Draft</strong>{' '}
          <span className={isOnlyHere ? 'abnormal' : 'quiet'}>
            {isOnlyHere
              ? 'only in this page: this browser keeps nothing, and a reload loses it'
              : `kept in this browser, ${moment(savedMs ?? 0, siteNowMs())}`}
          </span>
        </>
      ) : (
        <span className="quiet">
          What runs since {since}: <code>{running.digest.slice(0, 12)}</code>
        </span>
      )}
    </p>
  );
}

/** Somebody saved a file with errors on the box: it does not run, and applying replaces it. */
function OnDisk({ refused }: { readonly refused: NonNullable<RunningConfig['refused']> }) {
  return (
    <div className="card notice" role="status">
      <p>
        <strong>The file on the disk does not run.</strong> It was changed there on{' '}
        {moment(refused.sinceUs / 1000, siteNowMs())} and has errors; the site goes on with the file shown
        here. Applying replaces the one on the disk.
      </p>
      <ul>
        {refused.problems.slice(0, 5).map(({ line, column, message }) => (
          <li key={`${line} ${column} ${message}`}>
            {line}:{column} {message}
          </li>
        ))}
      </ul>
    </div>
  );
}
