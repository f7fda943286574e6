import { IxButton } from '@siemens/ix-react';
import { useState } from 'react';
import type { CertificateView } from '#contract/client.ts';
import { api } from '../data/api.ts';
import { isWaiting } from '../data/certificates.ts';
import { useSiteNow } from '../data/clock.ts';
import { Age } from './age.tsx';
import { DecideCertificate } from './decide-certificate.tsx';
import { fingerprintLines } from './fingerprint.ts';
import { date } from './format.ts';
import { Refusal } from './refusal.tsx';
import { saveFile } from './save-file.ts';
import { useAct } from './use-act.ts';

const STATE: { readonly [state in CertificateView['state']]: string } = {
  waiting: 'Waits for a decision',
  changed: 'Another one than is trusted for this peer',
  trusted: 'Trusted',
  rejected: 'Rejected',
};

/** One certificate with all that is needed to decide on it; whoever shows it asks anew once that was done. */
export function CertificateCard({
  certificate,
  onDecided,
}: {
  readonly certificate: CertificateView;
  readonly onDecided: () => void;
}) {
  const { peer, state, pinned, subject, issuer, by, warnings, sinceUs, sources = [] } = certificate;
  const [act, setAct] = useState<'trust' | 'reject'>();
  const waits = isWaiting(certificate);
  return (
    <article className="certificate" data-waits={waits || undefined} aria-label={`Certificate of ${peer}`}>
      <header className="certificate-head">
        <h3>{peer}</h3>
        <span className={waits ? 'abnormal' : 'quiet'}>{STATE[state]}</span>
      </header>
      <Fingerprint of={certificate.fingerprint} />
      {warnings.length > 0 && (
        <ul className="certificate-warnings abnormal">
          {warnings.map((warning) => (
            <li key={warning}>{warning}</li>
          ))}
        </ul>
      )}
      <dl className="facts">
        <dt>Subject</dt>
        <dd>{subject}</dd>
        <dt>Issuer</dt>
        <dd>{issuer === subject ? 'itself' : issuer}</dd>
        <dt>Valid</dt>
        <dd>
          <Validity of={certificate} />
        </dd>
        <dt>{waits ? 'Waits for' : 'For'}</dt>
        <dd>
          <Age sinceUs={sinceUs} />
          {pinned ? ', because the site file names it' : by !== undefined && `, by ${by}`}
        </dd>
        {sources.length > 0 && (
          <>
            <dt>Met by</dt>
            <dd>{sources.join(', ')}</dd>
          </>
        )}
      </dl>
      <div className="actions">
        <Download certificate={certificate} />
        {state !== 'rejected' && (
          <IxButton variant="secondary" onClick={() => setAct('reject')}>
            Reject …
          </IxButton>
        )}
        {state !== 'trusted' && (
          <IxButton variant={waits ? 'primary' : 'secondary'} onClick={() => setAct('trust')}>
            Trust …
          </IxButton>
        )}
      </div>
      {act && (
        <DecideCertificate
          certificate={certificate}
          act={act}
          onEnd={() => {
            setAct(undefined);
            onDecided();
          }}
        />
      )}
    </article>
  );
}

/** SHA-256 in lines that can be compared with the display of a device. */
export function Fingerprint({ of }: { readonly of: string }) {
  return (
    <p className="fingerprint">
      <span className="quiet">SHA-256</span>
      <code>
        {fingerprintLines(of).map((line) => (
          <span key={line}>{line} </span>
        ))}
      </code>
    </p>
  );
}

function Validity({ of: { validFromUs, validToUs } }: { readonly of: CertificateView }) {
  const nowUs = useSiteNow() * 1000;
  const isOut = nowUs > validToUs || nowUs < validFromUs;
  return (
    <span className={isOut ? 'abnormal' : ''}>
      {date(validFromUs / 1000)} to {date(validToUs / 1000)}
      {isOut && (nowUs > validToUs ? ', it has ended' : ', it has not begun')}
    </span>
  );
}

function Download({ certificate: { fingerprint } }: { readonly certificate: CertificateView }) {
  const { run, busy, error } = useAct(async () => {
    const { pem } = await api.certificate(fingerprint);
    saveFile(`${fingerprint.slice(0, 16)}.pem`, 'application/x-pem-file', pem);
  });
  return (
    <>
      {error && <Refusal error={error} />}
      <IxButton variant="tertiary" loading={busy} onClick={() => void run()}>
        Download as PEM
      </IxButton>
    </>
  );
}
