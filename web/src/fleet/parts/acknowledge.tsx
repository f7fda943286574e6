import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { FleetAlarm } from '#contract/fleet-client.ts';
import { alarmName } from '../../parts/alarms.ts';
import { Dialog } from '../../parts/dialog.tsx';
import { Field } from '../../parts/field.tsx';
import { count } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';
import { fleet } from '../data/api.ts';

/** Whether it was acknowledged here already, and its site has not done so yet. */
export const isOnItsWay = ({ asked, occurrence }: FleetAlarm): boolean =>
  asked !== undefined &&
  asked.occurrence === occurrence &&
  (asked.state === 'waiting' || asked.state === 'sent');

/** How an acknowledgement stands that was given here. */
export function pendingText({ asked, occurrence }: FleetAlarm): string {
  if (!asked || asked.occurrence !== occurrence) return '';
  if (asked.state === 'waiting') return `acknowledged by ${asked.by}: waits for the site`;
  if (asked.state === 'sent') return `acknowledged by ${asked.by}: the site has not answered`;
  return asked.state === 'refused' ? `the site refused ${asked.by}` : '';
}

interface Failed {
  readonly site: string;
  readonly error: Error;
}

/** Acknowledges alarms of several sites; each site does it when it hears of it, or says why not. */
export function Acknowledge({
  alarms,
  onEnd,
}: {
  readonly alarms: readonly FleetAlarm[];
  readonly onEnd: () => void;
}) {
  const bySite = Map.groupBy(alarms, ({ site }) => site);
  const away = [...new Set(alarms.filter(({ siteState }) => siteState !== 'online').map(({ site }) => site))];
  const [failed, setFailed] = useState<readonly Failed[]>([]);
  const { run, busy } = useAct(async (comment: string) => {
    const troubles: Failed[] = [];
    for (const [site, some] of bySite) {
      const body = {
        alarms: some.map(({ id, occurrence }) => ({ id, occurrence })),
        ...(comment !== '' && { comment }),
      };
      await fleet.acknowledge(site, body).catch((error: Error) => troubles.push({ site, error }));
    }
    if (troubles.length === 0) return onEnd();
    setFailed(troubles);
  });
  const [first] = alarms;
  const title =
    alarms.length === 1 && first
      ? `Acknowledge ${alarmName(first)} of ${first.site}`
      : `Acknowledge ${count(alarms.length)} alarms of ${bySite.size === 1 ? first?.site : `${count(bySite.size)} sites`}`;
  if (failed.length > 0) {
    return (
      <Dialog
        title={failed.length === bySite.size ? 'Nothing was acknowledged' : 'Not all were acknowledged'}
        onClose={onEnd}
      >
        {failed.slice(0, 5).map(({ site, error }) => (
          <section key={site} aria-label={site}>
            <h3>{site}</h3>
            <Refusal error={error} />
          </section>
        ))}
        {failed.length > 5 && <p className="quiet">and {failed.length - 5} sites more</p>}
        <div className="actions">
          <IxButton onClick={onEnd}>Close</IxButton>
        </div>
      </Dialog>
    );
  }
  return (
    <Dialog title={title} onClose={onEnd}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run(String(new FormData(event.currentTarget).get('comment')).trim());
        }}
      >
        {away.length > 0 && (
          <p>
            {away.slice(0, 5).join(', ')}
            {away.length > 5 && ` and ${away.length - 5} more`} {away.length === 1 ? 'is' : 'are'} not
            connected: it waits until {away.length === 1 ? 'the site comes' : 'they come'} back. What was
            raised anew meanwhile is not acknowledged by it.
          </p>
        )}
        <Field label="Comment" name="comment" required={false} autoFocus maxLength={500} autoComplete="off">
          Kept in the records of the site and of the hub.
        </Field>
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={onEnd}>
            Cancel
          </IxButton>
          <IxButton type="submit" loading={busy}>
            Acknowledge
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}
