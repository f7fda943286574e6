import assert from 'node:assert/strict';
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { aFromSite } from '#test/uplink/messages.ts';
import { issue, spkiOf } from '#trust/issue.ts';
import { type FromSite, LANES } from '#uplink/messages.ts';
import { headerBytes, readHeader } from '#uplink/parcel/header.ts';
import {
  type Packed,
  packedBytes,
  readPacked,
  SectionReader,
  SectionWriter,
} from '#uplink/parcel/sections.ts';
import { readTrailer, trailerBytes, trailerStart } from '#uplink/parcel/trailer.ts';
import { pieces, refusing, type Target } from '../target.ts';

const site = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const ZERO = { security: 0, others: 0, history: 0 };
const KEY = Buffer.alloc(32, 7);
const pem = await issue({
  commonName: 'north',
  key: site.privateKey,
  ...{ fromMs: 0, toMs: 4e12 },
  purpose: { kind: 'client', uri: 'urn:holdfast:site:north' },
});

function parcel(messages: readonly FromSite[]): Buffer {
  const sections = new SectionWriter(KEY);
  const head = headerBytes(
    {
      ...{ site: 'north', journal: '6f1b36d6-7b56-4c4a-9df5-0b6f1a4a6f01', hub: 'pin', key: 'id', madeUs: 1 },
      certificate: new X509Certificate(pem).raw,
      ephemeral: spkiOf(site.publicKey),
      after: ZERO,
    },
    site.privateKey,
  );
  const body = messages.map((message) => sections.section(packed(message)));
  const trailer = trailerBytes({ upTo: ZERO, samples: 1, events: 1 }, KEY, site.privateKey);
  return Buffer.concat([head, ...body, sections.last(), trailer]);
}

const packed = (message: FromSite): Packed => ({
  message,
  entries: message.kind === 'history' ? [message.upTo] : [],
});

/** What a stick may hold: refused, or whole. */
export const parcels: Target = {
  name: 'parcels',
  seeds: (seed) =>
    fc
      .sample(fc.array(aFromSite, { minLength: 1, maxLength: 3 }), { seed, numRuns: 50 })
      .map((all) => parcel(all)),
  read(input, chance) {
    let from = 0;
    refusing('parcel.', () => {
      const { header, bytes } = readHeader(input);
      for (const lane of LANES) assert.ok(header.after[lane] >= 0);
      from = bytes;
    });
    const reader = new SectionReader(KEY, ({ message }) => assert.ok(message.kind));
    refusing('parcel.', () => {
      for (const piece of pieces(input.subarray(from), chance)) reader.push(piece);
    });
    assert.ok(reader.held <= input.length);
    const start = trailerStart(input, input.length);
    if (start === undefined) return;
    const trailer = readTrailer(input.subarray(start), KEY, site.publicKey);
    assert.ok(trailer === undefined || trailer.samples === 1);
  },
};

/** What a site with a good key may have encrypted. */
export const parcelSections: Target = {
  name: 'parcel-sections',
  seeds: (seed) =>
    fc.sample(aFromSite, { seed, numRuns: 100 }).map((one) => packedBytes(packed(one)).slice()),
  read(input) {
    const read = () => {
      const { entries, message } = readPacked(input);
      let last = message.kind === 'history' ? message.after : 0;
      for (const entry of entries) {
        assert.ok(message.kind === 'history' && entry > last && entry <= message.upTo);
        last = entry;
      }
    };
    refusing('uplink.', () => refusing('parcel.', read));
  },
};
