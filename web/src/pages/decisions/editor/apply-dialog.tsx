import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { AppliedConfig, RunningConfig } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { useMe } from '../../../data/session.ts';
import { Dialog } from '../../../parts/dialog.tsx';
import { useAct } from '../../../parts/use-act.ts';
import { CodeEditor } from './code-editor.tsx';
import { Changes } from './findings.tsx';
import { ReasonForm } from './reason-form.tsx';

/**
 * Shows once more what changes, asks for the reason, and lets a site file take effect, if the one that it is held
 * against still runs.
 */
export function ApplyDialog({
  text,
  running,
  lines,
  onEnd,
}: {
  readonly text: string;
  readonly running: RunningConfig;
  readonly lines: readonly string[];
  readonly onEnd: (isApplied: boolean) => void;
}) {
  const { name } = useMe();
  // What is looked at is what is applied, though another file may come to run meanwhile.
  const [shown] = useState({ text, running });
  const [applied, setApplied] = useState<AppliedConfig>();
  const { run, busy, error } = useAct(async (why: string) => {
    const expects = shown.running.digest;
    setApplied(await api.applyConfig({ text: shown.text, why, expects, by: name }));
  });
  const close = () => onEnd(applied !== undefined && applied.state !== 'refused');
  if (applied) return <Outcome applied={applied} onEnd={close} />;
  return (
    <Dialog title="Apply this site file?" onClose={close}>
      <div className="dialog-wide">
        {lines.length === 0 ? (
          <p className="quiet">Nothing in what the site does changes: only comments, order or spacing.</p>
        ) : (
          <Changes lines={lines} />
        )}
        <div className="dialog-code">
          <CodeEditor label="Differences" text={shown.text} original={shown.running.text} />
        </div>
        <ReasonForm act="Apply" busy={busy} error={error} onAct={(why) => void run(why)} onCancel={close} />
      </div>
    </Dialog>
  );
}

/** What came of it: also a refusal, which changes nothing. */
export function Outcome({ applied, onEnd }: { readonly applied: AppliedConfig; readonly onEnd: () => void }) {
  const { state, summary, problems } = applied;
  const title = {
    applied: 'The site file has taken effect',
    unchanged: 'It runs already',
    refused: 'Not taken: nothing has changed',
  }[state];
  return (
    <Dialog title={title} onClose={onEnd}>
      {state === 'applied' && <p>{summary}</p>}
      <ul className="plain">
        {problems
          .filter(({ severity }) => state === 'refused' || severity === 'error')
          .map(({ line, column, message, hint }) => (
            <li key={`${line} ${column} ${message}`}>
              {line}:{column} {message} {hint !== undefined && <span className="quiet">{hint}</span>}
            </li>
          ))}
      </ul>
      <div className="actions">
        <IxButton onClick={onEnd}>Close</IxButton>
      </div>
    </Dialog>
  );
}
