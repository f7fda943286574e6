import { IxButton } from '@siemens/ix-react';
import type { CertificateView } from '#contract/client.ts';
import { api } from '../data/api.ts';
import { Fingerprint } from './certificate-card.tsx';
import { Dialog } from './dialog.tsx';
import { Refusal } from './refusal.tsx';
import { useAct } from './use-act.ts';

/** Asks once more, and says what the decision means. */
export function DecideCertificate({
  certificate: { fingerprint, peer, state },
  act,
  onEnd,
}: {
  readonly certificate: CertificateView;
  readonly act: 'trust' | 'reject';
  readonly onEnd: () => void;
}) {
  const { run, busy, error } = useAct(async () => {
    await api.decideCertificate({ fingerprint, act });
    onEnd();
  });
  const isTrust = act === 'trust';
  return (
    <Dialog title={isTrust ? 'Trust this certificate?' : 'Reject this certificate?'} onClose={onEnd}>
      {isTrust ? (
        <>
          <p>
            Whoever holds its key is then taken for <strong>{peer}</strong>: the site believes its values and
            writes to it.
            {state === 'changed' && ' The one that is trusted now is not accepted any more.'}
          </p>
          <Fingerprint of={fingerprint} />
        </>
      ) : (
        <p>
          The site will not speak with <strong>{peer}</strong> while it shows this certificate. What it reads
          from there has no values until it shows one that is trusted.
        </p>
      )}
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        {isTrust && (
          <label className="check">
            <input type="checkbox" required /> I have compared it with what the device itself shows
          </label>
        )}
        {error && <Refusal error={error} />}
        <div className="actions">
          <IxButton variant="tertiary" type="button" onClick={onEnd}>
            Cancel
          </IxButton>
          <IxButton type="submit" loading={busy} variant={isTrust ? 'primary' : 'danger-primary'}>
            {isTrust ? 'Trust' : 'Reject'}
          </IxButton>
        </div>
      </form>
    </Dialog>
  );
}
