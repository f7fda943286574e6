import { type KeyboardEvent, type ReactNode, useState } from 'react';
import { judge } from '../../data/detectors.ts';
import { useMay } from '../../data/session.ts';
import { Ask } from '../ask.tsx';
import { Field } from '../field.tsx';
import { VERDICTS, type Verdict } from './words.ts';

export interface Judged {
  /** Id of the detector that found it. */
  readonly id: string;
  /** When it began. */
  readonly sinceUs: number;
  readonly text: string;
  readonly verdict?: Verdict | undefined;
}

const nameOf = (verdict: Verdict): string => VERDICTS.find(([one]) => one === verdict)?.[1] ?? verdict;

/** What people said of a finding; operators say it here. */
export function VerdictButtons({
  finding,
  onAsk,
}: {
  readonly finding: Judged;
  readonly onAsk: (verdict: Verdict) => void;
}) {
  const mayJudge = useMay('operator');
  const { verdict, text } = finding;
  if (!mayJudge)
    return <span className="quiet">{verdict ? nameOf(verdict).toLowerCase() : 'nobody has said yet'}</span>;
  return (
    <fieldset className="verdict">
      <legend className="unseen">What it was: {text}</legend>
      {VERDICTS.map(([one, name, about]) => (
        <button
          key={one}
          type="button"
          aria-pressed={verdict === one}
          aria-keyshortcuts={one.charAt(0)}
          title={`${about} Key: ${one.charAt(0).toUpperCase()}`}
          onClick={() => onAsk(one)}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}

/** A finding with what it takes to judge it: T, F and K do it from anywhere in it. */
export function Judgeable({
  finding,
  children,
}: {
  readonly finding: Judged;
  readonly children: (onAsk: (verdict: Verdict) => void) => ReactNode;
}) {
  const mayJudge = useMay('operator');
  const [asked, setAsked] = useState<Verdict>();
  const hear = (event: KeyboardEvent) => {
    const isTyped = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
    if (!mayJudge || isTyped || asked || event.ctrlKey || event.metaKey || event.altKey) return;
    const found = VERDICTS.find(([one]) => one.charAt(0) === event.key.toLowerCase());
    if (!found) return;
    event.preventDefault();
    setAsked(found[0]);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys reach it from the buttons and links in it
    <div className="judgeable" onKeyDown={hear}>
      {children(setAsked)}
      {asked && <AskWhy finding={finding} verdict={asked} onEnd={() => setAsked(undefined)} />}
    </div>
  );
}

function AskWhy({
  finding: { id, sinceUs, text },
  verdict,
  onEnd,
}: {
  readonly finding: Judged;
  readonly verdict: Verdict;
  readonly onEnd: () => void;
}) {
  const [, name, about] = VERDICTS.find(([one]) => one === verdict) ?? ['', verdict, ''];
  return (
    <Ask
      title={`${name}: ${text}`}
      name={`It was ${name.toLowerCase()}`}
      onEnd={onEnd}
      act={async (given) => {
        const why = String(given.get('why')).trim();
        await judge({ id, sinceUs, verdict, ...(why !== '' && { why }) });
      }}
    >
      <p className="quiet">{about}</p>
      <Field
        label="Reason, where there is one to tell"
        name="why"
        autoFocus
        required={false}
        maxLength={500}
        autoComplete="off"
      >
        Such as: the strainer was blocked. Kept in the journal with your name.
      </Field>
    </Ask>
  );
}
