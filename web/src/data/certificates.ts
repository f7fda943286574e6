import type { CertificateView } from '#contract/client.ts';
import { api } from './api.ts';
import { type Polled, usePolled } from './poll.ts';

/** Key of the question: `askAgain(CERTIFICATES)` after deciding on one. */
export const CERTIFICATES = 'certificates';

const EVERY_MS = 5000;

/** Certificates that peers have shown; engineers only. */
export const useCertificates = (): Polled<readonly CertificateView[]> =>
  usePolled(CERTIFICATES, (signal) => api.certificates(signal), EVERY_MS);

/** Whether people have to decide on it: its source does not run until then. */
export const isWaiting = ({ state }: CertificateView): boolean => state === 'waiting' || state === 'changed';
