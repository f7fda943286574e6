import { createHash, generateKeyPairSync, type Hash } from 'node:crypto';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolderAside } from '#platform/files.ts';
import type { Membership } from '#trust/hub/membership.ts';
import type { ParcelKey } from '#trust/hub/parcel-key.ts';
import { spkiOf } from '#trust/issue.ts';
import type { Positions } from '#uplink/messages.ts';
import { digestOf, headerBytes } from '#uplink/parcel/header.ts';
import { type Packed, SectionWriter, sectionKey } from '#uplink/parcel/sections.ts';
import { type ParcelTrailer, trailerBytes } from '#uplink/parcel/trailer.ts';

export interface FilePorts {
  readonly membership: Membership;
  readonly parcelKey: ParcelKey;
  readonly journal: string;
  readonly madeUs: number;
}

/** One parcel that is being written; under its name only once it is whole. */
export class ParcelFile implements AsyncDisposable {
  readonly path: string;
  readonly #draft: string;
  readonly #file: FileHandle;
  readonly #hash: Hash;
  readonly #sections: SectionWriter;
  readonly #membership: Membership;
  #bytes = 0;
  #isDone = false;

  private constructor(path: string, file: FileHandle, sections: SectionWriter, membership: Membership) {
    this.path = path;
    this.#draft = draftOf(path);
    this.#file = file;
    this.#sections = sections;
    this.#membership = membership;
    this.#hash = createHash('sha256');
  }

  /** @param after positions that it goes on from @throws errors of the file system */
  static async begin(
    folder: string,
    name: string,
    after: Positions,
    { membership, parcelKey, journal, madeUs }: FilePorts,
  ): Promise<ParcelFile> {
    const own = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const { site, pin: hub, certificate, key } = membership;
    const head = headerBytes(
      {
        ...{ site, journal, hub, key: parcelKey.id, madeUs, after },
        certificate: certificate.raw,
        ephemeral: spkiOf(own.publicKey),
      },
      key,
    );
    const sections = new SectionWriter(sectionKey(own.privateKey, parcelKey.key, digestOf(head)));
    const path = join(folder, name);
    const file = await open(draftOf(path), 'w', 0o644);
    const parcel = new ParcelFile(path, file, sections, membership);
    try {
      await parcel.#write(head);
    } catch (error) {
      await parcel[Symbol.asyncDispose]();
      throw error;
    }
    return parcel;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** @throws errors of the file system */
  async put(packed: Packed): Promise<void> {
    await this.#write(this.#sections.section(packed));
  }

  /** Durable under its name when it returns. @throws errors of the file system */
  async end(trailer: ParcelTrailer): Promise<void> {
    await this.#write(this.#sections.last());
    await this.#write(trailerBytes(trailer, this.#hash.copy().digest(), this.#membership.key));
    await this.#file.sync();
    await this.#file.close();
    await rename(this.#draft, this.path);
    this.#isDone = true;
    // Not every file system of a stick can.
    await syncFolderAside(join(this.path, '..')).catch(() => {});
  }

  async #write(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    await this.#file.writeFile(bytes);
  }

  /** One that was not ended goes. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isDone) return;
    await this.#file.close().catch(() => {});
    await rm(this.#draft, { force: true }).catch(() => {});
  }
}

const draftOf = (path: string): string => `${path}.part`;
