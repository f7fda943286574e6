import { IxButton } from '@siemens/ix-react';
import { useEffect, useState } from 'react';
import type { AppliedConfig, CheckedConfig, Found } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { askAgain } from '../../data/poll.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { count } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import { hashOf } from '../../shell/route.ts';
import type { Draft } from './new-tags.ts';

interface Reviewed {
  readonly draft: Draft;
  /** Of the file that the draft was made from. */
  readonly digest: string;
  readonly checked: CheckedConfig;
}

const UNDER = '([a-z][a-z0-9_\\-]*(/[a-z][a-z0-9_\\-]*)*)?';

/** Shows the entries of what was chosen and what they change, then lets them take effect. */
export function AddTags({
  source,
  chosen,
  onEnd,
}: {
  readonly source: string;
  readonly chosen: readonly Found[];
  readonly onEnd: (isDone: boolean) => void;
}) {
  const [under, setUnder] = useState('');
  const [reviewed, setReviewed] = useState<Reviewed>();
  const [applied, setApplied] = useState<AppliedConfig>();
  const review = useAct(async (below: string) => setReviewed(await reviewOf(source, chosen, below)));
  const apply = useAct(async (why: string) => {
    if (!reviewed) return;
    const { digest } = await api.config();
    if (digest !== reviewed.digest) {
      setReviewed(await reviewOf(source, chosen, under));
      throw new Error('The site file has changed meanwhile: this is the difference to it as it is now.');
    }
    const result = await api.applyConfig({ text: reviewed.draft.text, why });
    setApplied(result);
    if (result.state !== 'refused') for (const key of ['tree', 'tags of', 'status']) askAgain(key);
  });
  const { run } = review;
  useEffect(() => void run(''), [run]);

  if (applied && applied.state !== 'refused') {
    return <Added paths={reviewed?.draft.paths ?? []} onEnd={() => onEnd(true)} />;
  }
  const problems = applied?.problems ?? reviewed?.checked.problems ?? [];
  const isWrong = problems.some(({ severity }) => severity === 'error');
  const error = review.error ?? apply.error;
  return (
    <Dialog title={`Add ${tagCount(chosen.length)} to the site file`} onClose={() => onEnd(false)}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const typed = String(new FormData(event.currentTarget).get('under')).replace(/\/+$/, '');
          setUnder(typed);
          setApplied(undefined);
          void run(typed);
        }}
      >
        <div className="under">
          <Field
            label="Put them below"
            name="under"
            required={false}
            pattern={UNDER}
            placeholder="hall/line1/press"
          >
            Area, line and asset; small letters, digits and _. Names follow those of the device.
          </Field>
          <IxButton type="submit" variant="secondary" loading={review.busy}>
            Use this path
          </IxButton>
        </div>
      </form>
      {reviewed && (
        <>
          <section aria-label="Entries">
            <h3>In the site file</h3>
            <pre className="diff" tabIndex={0}>
              {reviewed.draft.entries
                .trimEnd()
                .split('\n')
                .map((line) => `+ ${line}\n`)}
            </pre>
          </section>
          <section aria-label="What it changes">
            <h3>What it changes</h3>
            <Changes lines={reviewed.checked.lines ?? []} problems={problems} />
          </section>
        </>
      )}
      {error && <Refusal error={error} />}
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void apply.run(String(new FormData(event.currentTarget).get('why')));
        }}
      >
        <Field label="Reason" name="why" autoComplete="off" maxLength={500}>
          Kept in the audit, with your name. It can be undone.
        </Field>
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={() => onEnd(false)}>
            Cancel
          </IxButton>
          <IxButton type="submit" loading={apply.busy} disabled={!reviewed || isWrong}>
            Add {tagCount(chosen.length)}
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}

const tagCount = (n: number): string => (n === 1 ? '1 tag' : `${count(n)} tags`);

/** What writes YAML is loaded by whoever adds something, and by nobody else. */
async function reviewOf(source: string, chosen: readonly Found[], under: string): Promise<Reviewed> {
  const [{ draftOf }, { text, digest }, tags] = await Promise.all([
    import('./new-tags.ts'),
    api.config(),
    Array.fromAsync(api.everyTags({ limit: 10_000 })),
  ]);
  const taken = tags.map(({ path }) => path);
  const draft = draftOf(text, source, chosen, under, taken);
  return { draft, digest, checked: await api.checkConfig({ text: draft.text }) };
}

/** Most lines that are worth reading one by one. */
const MOST_LINES = 100;

function Changes({
  lines,
  problems,
}: {
  readonly lines: readonly string[];
  readonly problems: CheckedConfig['problems'];
}) {
  return (
    <ul className="tag-changes" tabIndex={0} aria-label="Changes">
      {problems.map(({ line, message, hint, severity }) => (
        <li key={`${line} ${message}`} className={severity === 'error' ? 'abnormal' : 'quiet'}>
          line {line}: {message}
          {hint !== undefined && <span className="quiet">, {hint}</span>}
        </li>
      ))}
      {lines.slice(0, MOST_LINES).map((line) => (
        <li key={line}>{line}</li>
      ))}
      {lines.length > MOST_LINES && <li>and {count(lines.length - MOST_LINES)} more</li>}
    </ul>
  );
}

function Added({ paths, onEnd }: { readonly paths: readonly string[]; readonly onEnd: () => void }) {
  return (
    <Dialog title={`${tagCount(paths.length)} added`} onClose={onEnd}>
      <p>They have values as soon as the device has been asked.</p>
      <ul className="tag-changes">
        {paths.slice(0, MOST_LINES).map((path) => (
          <li key={path}>
            <a href={hashOf('tags', path)}>{path}</a>
          </li>
        ))}
      </ul>
      <div className="actions">
        <IxButton onClick={onEnd}>Close</IxButton>
      </div>
    </Dialog>
  );
}
