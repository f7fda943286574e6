import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Fault, messageOf } from '#kernel/fault.ts';
import { pemOf } from '#trust/issue.ts';

/** Of what stands in the file: random, so that trying is hopeless however quickly one try goes. */
const LEAST_CHARACTERS = 32;
const SEALED = '-----BEGIN ENCRYPTED PRIVATE KEY-----';
const CIPHER = 'aes-256-cbc';

/** Private keys as the database has them: PKCS #8 as PEM, plain or encrypted with what stands in a file (RFC 5958; PBES2, RFC 8018). */
export class Sealing {
  readonly #passphrase: string | undefined;

  private constructor(passphrase: string | undefined) {
    this.#passphrase = passphrase;
  }

  /** @param path undefined: keys lie plain @param named who named it @throws Fault `hub.key-file` */
  static async open(path: string | undefined, named = 'HOLDFAST_HUB_KEY_FILE'): Promise<Sealing> {
    if (path === undefined) return new Sealing(undefined);
    const text = await readFile(path, 'utf8').catch((cause) => {
      throw wrong(`${named}: ${messageOf(cause)}`, 'Name a file that the hub may read.', cause);
    });
    const passphrase = text.trim();
    if (passphrase.length < LEAST_CHARACTERS)
      throw wrong(
        `${named}: ${path} holds fewer than ${LEAST_CHARACTERS} characters`,
        'openssl rand -base64 32 makes what is good enough; every hub on the database needs the same.',
      );
    return new Sealing(passphrase);
  }

  /** As it is stored. */
  textOf(key: KeyObject): string {
    if (this.#passphrase === undefined) return pemOf(key);
    return key
      .export({ type: 'pkcs8', format: 'pem', cipher: CIPHER, passphrase: this.#passphrase })
      .toString();
  }

  /** @throws Fault `hub.key-file` where it is sealed, and not with what is in our file */
  keyOf(text: string): KeyObject {
    if (!text.startsWith(SEALED)) return createPrivateKey(text);
    if (this.#passphrase === undefined)
      throw wrong(
        'the keys in the database are sealed',
        'Name the file that opens them: HOLDFAST_HUB_KEY_FILE.',
      );
    try {
      return createPrivateKey({ key: text, passphrase: this.#passphrase });
    } catch (cause) {
      throw wrong(
        'HOLDFAST_HUB_KEY_FILE does not open the keys in the database',
        'Is it that of this hub?',
        cause,
      );
    }
  }

  /** Whether it opens with what is in our file. */
  hasSealed(text: string): boolean {
    if (this.#passphrase === undefined || !text.startsWith(SEALED)) return false;
    try {
      createPrivateKey({ key: text, passphrase: this.#passphrase });
      return true;
    } catch {
      return false;
    }
  }

  /** What a text that lies plain becomes; undefined where it stays. */
  sealed(text: string): string | undefined {
    return this.#passphrase === undefined || text.startsWith(SEALED)
      ? undefined
      : this.textOf(createPrivateKey(text));
  }
}

const wrong = (message: string, hint: string, cause?: unknown): Fault =>
  new Fault('hub.key-file', message, { retry: 'never', hint, cause });
