import { CERTIFICATES, isWaiting, useCertificates } from '../../data/certificates.ts';
import { askAgain } from '../../data/poll.ts';
import { CertificateCard } from '../../parts/certificate-card.tsx';
import { Refusal } from '../../parts/refusal.tsx';

const decided = () => askAgain(CERTIFICATES);

/** Who the site believes to be who: what waits for a decision comes first. */
export function Page() {
  const { data, error } = useCertificates();
  const waiting = data?.filter(isWaiting) ?? [];
  const others = data?.filter((one) => !isWaiting(one)) ?? [];
  return (
    <div className="page certificates">
      <header className="page-head">
        <h1>Certificates</h1>
        <a href="/trust" target="_blank" rel="noreferrer">
          Trust this site in your browser
        </a>
      </header>
      <p className="quiet about-page">
        The site trusts nobody by itself. A device that shows a certificate which nobody knows is not spoken
        with until somebody has compared its fingerprint with what the device itself shows.
      </p>
      {error && !data && <Refusal error={error} />}
      {data?.length === 0 && (
        <p className="card">
          No device has shown a certificate yet. Sources that encrypt, such as OPC UA, show theirs here when
          they first connect.
        </p>
      )}
      {waiting.length > 0 && (
        <section aria-label="Waiting for a decision" className="certificate-list">
          <h2>Waiting for a decision</h2>
          {waiting.map((one) => (
            <CertificateCard key={`${one.peer} ${one.fingerprint}`} certificate={one} onDecided={decided} />
          ))}
        </section>
      )}
      {others.length > 0 && (
        <section aria-label="Decided" className="certificate-list">
          <h2>Decided</h2>
          {others.map((one) => (
            <CertificateCard key={`${one.peer} ${one.fingerprint}`} certificate={one} onDecided={decided} />
          ))}
        </section>
      )}
    </div>
  );
}
