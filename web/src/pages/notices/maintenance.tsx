import { IxButton } from '@siemens/ix-react';
import { useId } from 'react';
import type { NoticesStatus } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { useSiteNow } from '../../data/clock.ts';
import { askAgain, usePolled } from '../../data/poll.ts';
import { useMe } from '../../data/session.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { duration, moment } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';

type One = NoticesStatus['maintenance'][number];

const MINUTE_MS = 60_000;
const LENGTHS_MIN = [30, 60, 120, 240, 480, 24 * 60, 3 * 24 * 60, 7 * 24 * 60, 30 * 24 * 60];

/** Assets whose notices are held back. */
export function Maintenance({ all }: { readonly all: readonly One[] }) {
  return (
    <section className="card" aria-label="Under maintenance">
      <h2 className={all.length > 0 ? 'abnormal' : undefined}>
        Under maintenance {all.length > 0 && <span className="notices-count">{all.length}</span>}
      </h2>
      {all.length === 0 ? (
        <p className="quiet">
          Nothing. While something is, its alarms are raised as ever, and nobody is told.
        </p>
      ) : (
        <ul className="maintenance">
          {all.map((one) => (
            <Maintained key={one.asset} one={one} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Maintained({ one: { asset, untilUs, by, why } }: { readonly one: One }) {
  const nowMs = useSiteNow();
  const { name } = useMe();
  const { run, busy, error } = useAct(async () => {
    await api.maintain({ asset, forMin: 0, by: name });
    askAgain('notices');
  });
  return (
    <li>
      <div>
        <strong>{asset}</strong> <span className="quiet">and all below it</span>
        <p>
          until {moment(untilUs / 1000, nowMs)}, in {duration(Math.max(0, untilUs / 1000 - nowMs))}
          <span className="quiet">
            {' '}
            by {by}: {why}
          </span>
        </p>
        {error && <Refusal error={error} />}
      </div>
      <IxButton
        variant="secondary"
        loading={busy}
        onClick={() => void run()}
        aria-label={`End maintenance of ${asset}`}
      >
        End
      </IxButton>
    </li>
  );
}

/** Asks what, how long, and why. */
export function BeginMaintenance({ onEnd }: { readonly onEnd: () => void }) {
  const { name } = useMe();
  const id = useId();
  const { data: assets } = usePolled('assets', (signal) => api.assets(signal), 30_000);
  const { run, busy, error } = useAct(async (asset: string, forMin: number, why: string) => {
    await api.maintain({ asset, forMin, why, by: name });
    askAgain('notices');
    onEnd();
  });
  const places = placesOf((assets ?? []).map(({ asset }) => asset));
  return (
    <Dialog title="Begin maintenance" onClose={onEnd}>
      <p className="quiet">
        Alarms are raised and recorded as ever; only the notices of the asset, and of all below it, are held
        back. Whoever is still needed when the time is over is told then.
      </p>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          const given = new FormData(event.currentTarget);
          void run(String(given.get('asset')), Number(given.get('forMin')), String(given.get('why')).trim());
        }}
      >
        <div className="field">
          <label className="ix-form-label" htmlFor={`${id}-asset`}>
            Asset, line or area
          </label>
          <select id={`${id}-asset`} name="asset" required>
            <option value="">Choose …</option>
            {places.map((place) => (
              <option key={place} value={place}>
                {place}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label className="ix-form-label" htmlFor={`${id}-time`}>
            How long
          </label>
          <select id={`${id}-time`} name="forMin" defaultValue="120">
            {LENGTHS_MIN.map((min) => (
              <option key={min} value={min}>
                {duration(min * MINUTE_MS)}
              </option>
            ))}
          </select>
        </div>
        <Field
          label="Reason"
          name="why"
          autoComplete="off"
          maxLength={500}
          pattern=".*\S.*"
          title="A few words"
        >
          Shown to whoever looks, and kept in the audit.
        </Field>
        {error && <Refusal error={error} />}
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={onEnd}>
            Cancel
          </IxButton>
          <IxButton type="submit" loading={busy}>
            Begin
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}

/** Assets, and the lines and areas above them. */
function placesOf(assets: readonly string[]): readonly string[] {
  const places = new Set<string>();
  for (const asset of assets) {
    const parts = asset.split('/');
    for (let depth = 1; depth <= parts.length; depth++) places.add(parts.slice(0, depth).join('/'));
  }
  return [...places].sort();
}
