import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MODULE = '/usr/lib/softhsm/libsofthsm2.so';
const DOCS = join(import.meta.dirname, '../../docs/fleet.md');
const PIN = '86420975';

/** A real token of PKCS #11, SoftHSM's, with a key on it, and the program that asks it just as the documentation has it. */
export class HardwareToken implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'holdfast-hsm-'));
  readonly program = join(this.dir, 'signer');
  readonly #tokens = join(this.dir, 'tokens');

  constructor() {
    mkdirSync(this.#tokens);
    const settings = join(this.dir, 'softhsm2.conf');
    writeFileSync(settings, `directories.tokendir = ${this.#tokens}\n`);
    writeFileSync(join(this.dir, 'pin'), PIN);
    // The program inherits it from the hub.
    process.env.SOFTHSM2_CONF = settings;
    const label = ['--label', 'hub', '--so-pin', '12345678', '--pin', PIN];
    execFileSync('softhsm2-util', ['--init-token', '--free', ...label], { stdio: 'pipe' });
    this.makeKey('01');
    const script = /```sh\n(#!\/bin\/sh\n# \/etc\/holdfast-hub-signer\n.*?)```/s.exec(
      readFileSync(DOCS, 'utf8'),
    )?.[1];
    if (!script) throw new Error('docs/fleet.md has no program that asks an HSM');
    this.#write(script.replace('/etc/holdfast-hub.pin', join(this.dir, 'pin')));
  }

  makeKey(id: string): void {
    const key = ['--key-type', 'EC:prime256v1', '--id', id, '--usage-sign'];
    this.#tool('--login', '--pin', PIN, '--keypairgen', ...key);
  }

  /** What the token says of a key. */
  about(id: string): string {
    return this.#tool('--login', '--pin', PIN, '--list-objects', '--type', 'privkey', '--id', id);
  }

  #tool(...args: string[]): string {
    return execFileSync('pkcs11-tool', ['--module', MODULE, '--token-label', 'hub', ...args], {
      stdio: 'pipe',
      encoding: 'utf8',
    });
  }

  #write(script: string): void {
    writeFileSync(this.program, script);
    chmodSync(this.program, 0o700);
  }

  /** Somebody pulls it out. */
  pull(): void {
    renameSync(this.#tokens, `${this.#tokens}-away`);
    mkdirSync(this.#tokens);
  }

  plug(): void {
    rmSync(this.#tokens, { recursive: true });
    renameSync(`${this.#tokens}-away`, this.#tokens);
  }

  /** What the program does from now on, until it is called again. @returns undoes it */
  replaceProgram(change: (script: string) => string): () => void {
    const script = readFileSync(this.program, 'utf8');
    this.#write(change(script));
    return () => this.#write(script);
  }

  [Symbol.dispose](): void {
    delete process.env.SOFTHSM2_CONF;
    rmSync(this.dir, { recursive: true, force: true });
  }
}
