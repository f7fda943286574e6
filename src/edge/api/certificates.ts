import type { FastifyInstance } from 'fastify';
import { type CertificateDetail, CertificateRequest, type CertificateView } from '#contract/api.ts';
import type { Site } from '#edge/site.ts';

/** Certificates of peers: what there is, and what people decide of it; a decision is in the audit before it is confirmed. */
export function addCertificates(app: FastifyInstance, site: Site): void {
  const { trust } = site;
  app.get('/api/certificates', async (): Promise<readonly CertificateView[]> => trust.list());
  app.get<{ Params: { fingerprint: string } }>(
    '/api/certificates/:fingerprint',
    async (request): Promise<CertificateDetail> => await trust.detail(request.params.fingerprint),
  );
  app.post('/api/certificates', async (request): Promise<readonly CertificateView[]> => {
    const { fingerprint, act, by } = CertificateRequest.parse(request.body);
    const decided = await trust[act](fingerprint, by);
    await site.durable();
    return decided;
  });
}
