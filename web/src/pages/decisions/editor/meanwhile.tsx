import { IxButton } from '@siemens/ix-react';
import { useEffect, useState } from 'react';
import type { ConfigEntry, RunningConfig } from '#contract/client.ts';
import { api } from '../../../data/api.ts';
import { siteNowMs } from '../../../data/clock.ts';
import { moment } from '../../../parts/format.ts';
import { Refusal } from '../../../parts/refusal.tsx';
import { CodeEditor } from './code-editor.tsx';
import type { Draft } from './draft.ts';
import { merged } from './merge.ts';

/** What both began from, and who changed it; without a text where the journal does not remember it. */
interface Began {
  readonly text: string | undefined;
  readonly last: ConfigEntry | undefined;
}

/** Another file runs than the one that the draft began from: says so, shows both sides, and puts them together. */
export function Meanwhile({
  draft,
  running,
  onText,
  onDrop,
}: {
  readonly draft: Draft;
  readonly running: RunningConfig;
  /** Goes on with this text, held against what runs now. */
  readonly onText: (text: string) => void;
  readonly onDrop: () => void;
}) {
  const { base } = draft;
  const [began, setBegan] = useState<Began>();
  const [error, setError] = useState<Error>();
  const [looks, setLooks] = useState(false);
  useEffect(() => {
    const asking = new AbortController();
    ask(base, running.digest, asking.signal)
      .then(setBegan)
      .catch((failure: Error) => !asking.signal.aborted && setError(failure));
    return () => asking.abort();
  }, [base, running.digest]);
  const both = began?.text === undefined ? undefined : merged(began.text, draft.text, running.text);
  return (
    <section className="card notice" aria-label="Changed meanwhile">
      <p role="alert">
        <strong>Another site file took effect since you began.</strong> {began?.last && whoText(began.last)}{' '}
        Your draft is whole; it cannot be applied until it rests on what runs now.
      </p>
      {error && <Refusal error={error} />}
      <div className="actions-start">
        {both !== undefined && <IxButton onClick={() => onText(both)}>Put both together</IxButton>}
        <IxButton variant="secondary" onClick={() => onText(draft.text)}>
          Keep my text, and look at all differences
        </IxButton>
        <IxButton variant="tertiary" onClick={onDrop}>
          Take theirs, drop mine
        </IxButton>
        <IxButton variant="tertiary" onClick={() => setLooks(!looks)}>
          {looks ? 'Hide both sides' : 'Show both sides'}
        </IxButton>
      </div>
      <p className="about">
        {both !== undefined
          ? 'No line was changed by both: yours and theirs fit together.'
          : began?.text === undefined
            ? 'The file that you began from is not in the journal any more: only yours and theirs can be compared.'
            : 'Both changed the same lines: keep your text, then take back in the differences what should be theirs.'}
      </p>
      {looks && began && (
        <div className="both-sides">
          <Side title="Theirs" before={began.text ?? draft.text} after={running.text} />
          <Side title="Yours" before={began.text ?? running.text} after={draft.text} />
        </div>
      )}
    </section>
  );
}

const Side = ({
  title,
  before,
  after,
}: {
  readonly title: string;
  readonly before: string;
  readonly after: string;
}) => (
  <section aria-label={title}>
    <h3>{title}</h3>
    <div className="dialog-code">
      <CodeEditor
        key={`${before.length} ${after.length}`}
        label={`${title}: differences`}
        text={after}
        original={before}
      />
    </div>
  </section>
);

const whoText = ({ by, why, timeUs }: ConfigEntry): string =>
  `${by.replace(/^api:/, '')}, ${moment(timeUs / 1000, siteNowMs())}${why === undefined ? '' : `: “${why}”`}.`;

async function ask(base: string, running: string, signal: AbortSignal): Promise<Began> {
  const [text, entries] = await Promise.all([
    api.configVersion(base, signal).then(
      (version) => version.text,
      () => undefined,
    ),
    api.configHistory({}, signal),
  ]);
  return { text, last: entries.findLast(({ digest }) => digest === running) };
}
