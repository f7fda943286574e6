import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import { api } from '../../data/api.ts';
import { siteNowMs } from '../../data/clock.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';

const TRIED_US = 60e6;

/** A line that is calculated from the past of tags; tried before it is taken. */
export function Calculation({
  paths,
  onTake,
  onClose,
}: {
  readonly paths: readonly string[];
  readonly onTake: (calc: string, asset: string) => void;
  readonly onClose: () => void;
}) {
  const [first] = paths;
  const [calc, setCalc] = useState(first === undefined ? '' : `tag("${first}") * 2.0`);
  const [asset, setAsset] = useState('');
  const { run, busy, error } = useAct(async () => {
    const to = siteNowMs() * 1000;
    const query = {
      calc,
      asset,
      from: String(Math.round(to - TRIED_US)),
      to: String(Math.round(to)),
      points: 8,
    };
    for await (const _ of api.historyCalculated(query)) break;
    onTake(calc.trim(), asset.trim());
  });
  return (
    <Dialog title="Calculate a line" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Field
          label="Expression"
          value={calc}
          onChange={(event) => setCalc(event.target.value)}
          autoFocus
          spellCheck={false}
        >
          As of a derived tag: <code>tag("hall/line1/pump/power") / tag("hall/line1/pump/flow")</code>,{' '}
          <code>mean(tag("…"), "5m")</code>
        </Field>
        <Field
          label="Asset"
          value={asset}
          required={false}
          onChange={(event) => setAsset(event.target.value)}
          spellCheck={false}
        >
          Bare names in the expression are signals of it: with <code>hall/line1/pump</code>,{' '}
          <code>power / flow</code> will do.
        </Field>
        {error && <Refusal error={error} />}
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={onClose}>
            Cancel
          </IxButton>
          <IxButton type="submit" loading={busy} disabled={calc.trim() === ''}>
            Draw it
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}
