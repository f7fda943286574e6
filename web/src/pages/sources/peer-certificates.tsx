import { CERTIFICATES, useCertificates } from '../../data/certificates.ts';
import { askAgain } from '../../data/poll.ts';
import { CertificateCard } from '../../parts/certificate-card.tsx';
import { Refusal } from '../../parts/refusal.tsx';

/** What the peer of a source showed to prove who it is; nothing where it showed none. */
export function PeerCertificates({ id }: { readonly id: string }) {
  const { data, error } = useCertificates();
  const own = data?.filter(({ sources }) => sources?.includes(id)) ?? [];
  if (error && !data) return <Refusal error={error} />;
  if (own.length === 0) return null;
  return (
    <section className="card" aria-label="Certificates of its peer">
      <h2>Certificates of its peer</h2>
      {own.map((certificate) => (
        <CertificateCard
          key={`${certificate.peer} ${certificate.fingerprint}`}
          certificate={certificate}
          onDecided={() => askAgain(CERTIFICATES)}
        />
      ))}
    </section>
  );
}
