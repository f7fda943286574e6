import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { AuditCheck } from '#contract/client.ts';
import { api } from '../../data/api.ts';
import { count } from '../../parts/format.ts';
import { Refusal } from '../../parts/refusal.tsx';
import { useAct } from '../../parts/use-act.ts';

/** Whether anybody has changed what was recorded: walks the hash chain at the site, and explains what it found. */
export function Chain() {
  const [check, setCheck] = useState<AuditCheck>();
  const { run, busy, error } = useAct(async () => {
    setCheck(undefined);
    setCheck(await api.auditCheck());
  });
  return (
    <div className="audit-chain">
      <IxButton variant="secondary" loading={busy} onClick={() => void run()}>
        Check the chain
      </IxButton>
      <div role="status" className="audit-checked">
        {busy && <p className="quiet">The site goes through every event …</p>}
        {check && (check.broken ? <Broken check={check} broken={check.broken} /> : <Whole check={check} />)}
      </div>
      {error && <Refusal error={error} />}
    </div>
  );
}

function Whole({ check: { events, fromSeq, head } }: { readonly check: AuditCheck }) {
  return (
    <div className="card">
      <p>
        <strong>The chain holds.</strong> {count(events)} events, each sealed by the hash of all before it:
        none was changed, removed or put in since.
      </p>
      {fromSeq > 1 && (
        <p className="quiet">It begins at event {fromSeq}: older ones were removed by the journal's quota.</p>
      )}
      <p className="quiet">
        Who can write to the disk could make a whole new chain. Note its head elsewhere, and compare it with a
        later export: <code className="audit-head">{head}</code>
      </p>
    </div>
  );
}

function Broken({
  check: { events, fromSeq },
  broken: { seq, reason },
}: {
  readonly check: AuditCheck;
  readonly broken: NonNullable<AuditCheck['broken']>;
}) {
  return (
    <div className="card audit-broken">
      <p>
        <strong className="abnormal">The chain is broken at event {seq}.</strong> {reason}
      </p>
      <p>
        {seq > fromSeq
          ? `What stands before it, from event ${fromSeq} on, is as it was recorded`
          : 'Nothing before it is kept'}
        ; from it on somebody may have changed things, or the disk has lost some. {count(events)} events were
        gone through.
      </p>
      <p className="quiet">
        Keep the data folder as it is (<code>holdfast backup</code>), tell who is responsible for security,
        and compare with exports and with what the hub or other sinks were sent.
      </p>
    </div>
  );
}
