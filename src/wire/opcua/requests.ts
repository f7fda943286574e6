import type { OPCUAClient } from 'node-opcua-client';
import type { Clock } from '#kernel/clock.ts';
import { Asking } from './asking.ts';
import type { Share } from './budget.ts';
import { passwordInClear } from './endpoint.ts';
import type { Pacing } from './transport.ts';

/** One connection: where to, and its part of the server's budget. */
export interface Line {
  readonly url: string;
  readonly share: Share;
  readonly clock: Clock;
  readonly isEncrypted: boolean;
  readonly onRequest?: ((ms: number | undefined, outcome: 'ok' | 'timeout' | 'refused') => void) | undefined;
}

/** Of what a connection says beside its requests: a Hello, and its channel with renewals (OPC UA Part 6, 6.7, 7.1). */
export const pacing = ({ share, onRequest }: Line): Pacing => ({
  share,
  left: () => onRequest?.(undefined, 'ok'),
});

type Answer = (error: (Error & { readonly response?: unknown }) | null, response?: unknown) => void;
interface Request {
  readonly schema: { readonly name: string };
  /** Of an ActivateSession. */
  readonly userIdentityToken?: { readonly password?: unknown; readonly encryptionAlgorithm?: string | null };
}
interface Transactions {
  performMessageTransaction(request: Request, answer: Answer): void;
}

/** Leaves without waiting for its turn, the others give way: held back, it would leave the session at the server. */
const UNDELAYED = 'CloseSessionRequest';
const PUBLISH = 'PublishRequest';

/** Lets each request of a client wait for its turn, those of the library too, and tells of it. */
export function watchRequests(client: OPCUAClient, line: Line): void {
  const { url, share, clock, isEncrypted, onRequest } = line;
  const transactions = client as unknown as Transactions;
  const perform = transactions.performMessageTransaction.bind(client);
  transactions.performMessageTransaction = (request, answer) => {
    // The library chooses the token by rules of its own: what counts is what would leave.
    if (!isEncrypted && isBare(request.userIdentityToken)) {
      answer(passwordInClear(url));
      return;
    }
    const { name } = request.schema;
    const go = (answered: () => void) => {
      const fromUs = clock.steadyUs();
      // It waits at the server by nature: how long says nothing of it.
      if (name === PUBLISH) onRequest?.(undefined, 'ok');
      perform(request, (error, response) => {
        answered();
        // A fault that the server sends is an answer as well.
        const outcome = !error ? 'ok' : error.response ? 'refused' : 'timeout';
        if (name !== PUBLISH) onRequest?.((clock.steadyUs() - fromUs) / 1000, outcome);
        answer(error, response);
      });
    };
    if (name === UNDELAYED) {
      share.charge();
      go(() => {});
    } else share.ask(go, answer, name === PUBLISH ? new Asking('publish') : Asking.current);
  };
}

const isBare = (token: Request['userIdentityToken']): boolean =>
  token?.password !== undefined && !token.encryptionAlgorithm;
