import { IxButton } from '@siemens/ix-react';
import { type ReactNode, useState } from 'react';
import type { TagDetail, WriteResult } from '#contract/client.ts';
import { api } from '../data/api.ts';
import type { Live } from '../data/live-value.ts';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { fineMs, number } from './format.ts';
import { Refusal } from './refusal.tsx';
import { unitText } from './unit.ts';
import { useAct } from './use-act.ts';
import { Value } from './value.tsx';
import { WRITE_ENDS } from './write-ends.ts';
import { limitsOf } from './write-limits.ts';

/** Writing the tag, with a reason; the guard of the site decides, and what it says is shown. */
export function WriteForm({ tag, live }: { readonly tag: TagDetail; readonly live: Live | undefined }) {
  const [asks, setAsks] = useState(false);
  if (tag.safety) return null;
  return (
    <div>
      <IxButton variant="secondary" onClick={() => setAsks(true)}>
        Write …
      </IxButton>
      {asks && <WriteDialog tag={tag} live={live} onEnd={() => setAsks(false)} />}
    </div>
  );
}

function WriteDialog({
  tag,
  live,
  onEnd,
}: {
  readonly tag: TagDetail;
  readonly live: Live | undefined;
  readonly onEnd: () => void;
}) {
  return (
    <Dialog title={`Write ${tag.path.split('/').at(-1)}`} onClose={onEnd}>
      <p className="quiet">
        {tag.path}, now <Value live={live} />
      </p>
      <WriteEntry tag={tag} isFirst>
        <IxButton variant="tertiary" type="button" onClick={onEnd}>
          Close
        </IxButton>
      </WriteEntry>
    </Dialog>
  );
}

/**
 * The value, the reason, and what became of it; within a dialog or beside what is written.
 * @param isFirst somebody opened it to type: the keyboard goes there
 */
export function WriteEntry({
  tag,
  isFirst = false,
  children,
}: {
  readonly tag: TagDetail;
  readonly isFirst?: boolean;
  readonly children?: ReactNode;
}) {
  const [result, setResult] = useState<WriteResult>();
  const { run, busy, error } = useAct(async (given: string, why: string) => {
    setResult(undefined);
    setResult(await api.write({ tag: tag.path, value: wanted(tag, given), why }));
  });
  return (
    <form
      className="form"
      noValidate // what is missing is said when it is sent; an empty field is no alarm
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        void run(String(given.get('value')), String(given.get('why')));
      }}
    >
      <ValueField tag={tag} isFirst={isFirst} />
      <Field label="Reason" name="why" autoComplete="off" maxLength={500}>
        Kept in the audit, with your name.
      </Field>
      {error && <Refusal error={error} />}
      {result && <Outcome result={result} unit={tag.unit} />}
      <div className="actions">
        {children}
        <IxButton type="submit" loading={busy}>
          Write
        </IxButton>
      </div>
    </form>
  );
}

function ValueField({ tag, isFirst }: { readonly tag: TagDetail; readonly isFirst: boolean }) {
  const { type, states, unit } = tag;
  const choices =
    type === 'boolean' ? { true: 'true', false: 'false' } : type === 'enum' ? states : undefined;
  if (choices) {
    return (
      <div className="field">
        <label className="ix-form-label" htmlFor="write-value">
          Value
        </label>
        <select id="write-value" name="value" required>
          {Object.entries(choices).map(([code, name]) => (
            <option key={code} value={code}>
              {name}
            </option>
          ))}
        </select>
      </div>
    );
  }
  const about = limitsOf(tag).find(({ name }) => name === 'Range')?.text ?? unitText(unit);
  return (
    <Field
      label="Value"
      name="value"
      inputMode={type === 'text' ? 'text' : 'decimal'}
      autoComplete="off"
      autoFocus={isFirst}
    >
      {about === '' ? undefined : about}
    </Field>
  );
}

function wanted({ type }: TagDetail, given: string): number | boolean | string {
  if (type === 'boolean') return given === 'true';
  if (type === 'text' || type === 'int64') return given.trim();
  const value = Number(given.trim().replace(',', '.'));
  if (given.trim() !== '' && Number.isFinite(value)) return value;
  throw new Error(`${given === '' ? 'nothing' : given} is no number: write digits, such as 1450 or 0.5`);
}

function Outcome({ result, unit }: { readonly result: WriteResult; readonly unit: string | undefined }) {
  const { state, refusal, reason, feedback, tookMs } = result;
  const isWell = state === 'confirmed' || state === 'sent';
  return (
    <div role="status" className={isWell ? 'outcome' : 'outcome refusal'}>
      <p>
        <strong>{WRITE_ENDS[state]}</strong>
      </p>
      {refusal && (
        <p>
          Limit: <code>{refusal}</code>
        </p>
      )}
      {reason && <p>{reason}</p>}
      {feedback !== undefined && (
        <p>
          Feedback: {number(feedback)} {unitText(unit)}
        </p>
      )}
      {state !== 'refused' && <p className="quiet">after {fineMs(tookMs)}</p>}
    </div>
  );
}
