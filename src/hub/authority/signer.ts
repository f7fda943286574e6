import { createHash, createPublicKey, type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { Fault, messageOf } from '#kernel/fault.ts';
import { answerOf } from '#platform/program.ts';
import type { Issuer } from '#trust/issue.ts';
import { Turns } from '../admission/turns.ts';

/** A token that does not answer; what waits for it gives up after as long again. */
const LIMIT_MS = 10_000;
/** Tokens do one thing after the other, and have few sessions. */
const TURNS = { atOnce: 2, waitMs: LIMIT_MS, turnMs: 200 };
/** Some tokens fail now and then where two programs open them at once, SoftHSM one time in a hundred: what fails so soon is tried again. */
const SOON_MS = 2000;
/** What the program needs none of. */
const SECRETS = ['DATABASE_URL'];
/** Of the curve: a signature is two numbers of it (RFC 5480, 2.1.1; FIPS 186-5, 6). */
const NUMBER_BYTES = 32;

/**
 * The key that issues, where it is in an HSM: a program asks it. `PROGRAM public` writes its public key, PEM or DER
 * (SubjectPublicKeyInfo); `PROGRAM sign` reads the SHA-256 of what is to be signed, 32 bytes, and writes the signature of ECDSA,
 * both numbers one after the other or in DER.
 */
export class Signer {
  readonly #program: string;
  readonly #turns = new Turns(TURNS);

  constructor(program: string) {
    this.#program = program;
  }

  /** @throws Fault `hub.signer` */
  async publicKey(): Promise<KeyObject> {
    const answer = await this.#ask('public', Buffer.of());
    try {
      const key = createPublicKey(
        answer.includes('-----BEGIN') ? answer : { key: answer, format: 'der', type: 'spki' },
      );
      if (key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return key;
    } catch (cause) {
      throw failed(`${this.#program} public: no public key came: ${messageOf(cause)}`, cause);
    }
    throw failed(`${this.#program} public: it is no key of P-256`);
  }

  /** @returns both numbers one after the other; whose key it was is for the caller to see @throws Fault `hub.signer` */
  async sign(data: Uint8Array): Promise<Buffer> {
    const answer = await this.#ask('sign', createHash('sha256').update(data).digest());
    const numbers = answer.length === 2 * NUMBER_BYTES ? answer : numbersIn(answer);
    if (numbers) return numbers;
    throw failed(`${this.#program} sign: ${answer.length} bytes came that are no signature`);
  }

  #ask(what: 'public' | 'sign', input: Buffer): Promise<Buffer> {
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    let isGone = false;
    const patience = setTimeout(() => {
      isGone = true;
      reject(failed('too many wait for the key that issues'));
    }, LIMIT_MS);
    const later = this.#turns.take(
      () => isGone,
      (done) => {
        clearTimeout(patience);
        const begunMs = performance.now();
        const ask = () =>
          answerOf(this.#program, { args: [what], input, limitMs: LIMIT_MS, without: SECRETS });
        ask()
          .catch((cause) => (performance.now() - begunMs < SOON_MS ? ask() : Promise.reject(cause)))
          .catch((cause) => Promise.reject(failed(messageOf(cause), cause)))
          .finally(done)
          .then(resolve, reject);
      },
    );
    if (later) {
      clearTimeout(patience);
      reject(failed('too many wait for the key that issues'));
    }
    return promise;
  }
}

/** Issues by asking, and gives nothing out that was signed with another key. */
export function outside(certificate: X509Certificate, signer: Signer | undefined): Issuer {
  if (!signer)
    throw new Fault('hub.signer', 'the key that issues is not in the database', {
      retry: 'never',
      hint: 'Name the program that asks the HSM for it: HOLDFAST_HUB_SIGNER.',
    });
  return {
    certificate,
    async sign(data) {
      const signature = await signer.sign(data);
      const by = { key: certificate.publicKey, dsaEncoding: 'ieee-p1363' } as const;
      if (verify('sha256', data, by, signature)) return signature;
      throw new Fault('hub.signer', 'HOLDFAST_HUB_SIGNER signs with a key that is not the one of this hub', {
        hint: 'Is it the right token, and the right key on it?',
      });
    },
  };
}

/** ECDSA-Sig-Value (RFC 3279, 2.2.3): a sequence of two integers, each shorter than 128 bytes. */
function numbersIn(der: Buffer): Buffer | undefined {
  const body = integersIn(der);
  if (body?.length !== 2 || body.some((one) => one.length > NUMBER_BYTES)) return undefined;
  return Buffer.concat(body.map((one) => Buffer.concat([Buffer.alloc(NUMBER_BYTES - one.length), one])));
}

function integersIn(der: Buffer): Buffer[] | undefined {
  if (der[0] !== 0x30 || der[1] !== der.length - 2) return undefined;
  const found: Buffer[] = [];
  for (let at = 2; at < der.length; ) {
    const length = der[at + 1] ?? 0;
    const number = der.subarray(at + 2, at + 2 + length);
    if (der[at] !== 0x02 || number.length !== length || length === 0) return undefined;
    // A zero in front keeps it positive.
    found.push(number[0] === 0 ? number.subarray(1) : number);
    at += 2 + length;
  }
  return found;
}

const failed = (message: string, cause?: unknown): Fault =>
  new Fault('hub.signer', message, {
    hint: 'HOLDFAST_HUB_SIGNER: is the HSM there, its PIN right, the token the one of this hub? It is asked again with the next certificate.',
    cause,
  });
