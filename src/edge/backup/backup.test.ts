import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { learnedDigest } from '#decide/detectors/learned.ts';
import { folderOf, KEPT_US, leftSite } from '#edge/backup/fixture.ts';
import { type MadeBackup, makeBackup } from '#edge/backup/make.ts';
import { digestLine } from '#edge/backup/manifest.ts';
import { restoreSite } from '#edge/backup/restore.ts';
import { journalDir, learnedDir } from '#edge/data-folder.ts';
import { openJournal } from '#journal/journal.ts';
import { Fault } from '#kernel/fault.ts';
import { membersOf, putEnd, putMember } from '#platform/tar.ts';

const NOW_US = KEPT_US + 3600e6;
const PASSPHRASE = 'seven old wheels turn slowly';

interface Rig {
  readonly dir: string;
  readonly data: string;
  readonly file: string;
  readonly made: MadeBackup;
  restore(
    file: string,
    more?: { asReplacement?: boolean; passphrase?: string },
  ): ReturnType<typeof restoreSite>;
}

async function backedUp(t: TestContext, more: { samples?: boolean; passphrase?: string } = {}): Promise<Rig> {
  const dir = folderOf(t);
  const data = join(dir, 'data');
  await leftSite(data);
  const file = join(dir, 'site.backup');
  const made = await makeBackup({ dataDir: data, out: file, version: '1', nowUs: NOW_US, ...more });
  const dataDir = join(dir, 'restored');
  return {
    dir,
    data,
    file,
    made,
    restore: (from, how) => restoreSite({ file: from, dataDir, nowUs: NOW_US, ...how }),
  };
}

/** Refused with this code, and nothing was left anywhere. */
async function refused(rig: Rig, code: string, attempt: Promise<unknown>): Promise<void> {
  const before = readdirSync(rig.dir);
  await assert.rejects(attempt, (error) => {
    assert.ok(error instanceof Fault, String(error));
    assert.equal(error.code, code, error.message);
    assert.ok(error.hint, 'says what to do');
    return true;
  });
  assert.deepEqual(readdirSync(rig.dir), before);
}

test('what detectors learned comes back, all of it, and a file that is not what its name says is told', async (t) => {
  const dir = folderOf(t);
  const data = join(dir, 'data');
  await leftSite(data);
  const folder = learnedDir(data);
  mkdirSync(folder);
  const texts = ['{"kind":"drift"}\n', '{"kind":"noise"}\n'];
  const names = texts.map((text) => `${learnedDigest(text)}.json`);
  for (const [i, text] of texts.entries()) writeFileSync(join(folder, names[i] as string), text);
  const wrong = `${'0'.repeat(64)}.json`;
  writeFileSync(join(folder, wrong), '{}');
  writeFileSync(join(folder, `${names[0]}.tmp`), 'half');
  const file = join(dir, 'site.backup');
  const made = await makeBackup({ dataDir: data, out: file, version: '1', nowUs: NOW_US });
  assert.deepEqual(made.warnings, [
    `the learned file ${wrong} is not in the backup: it is not what its name says`,
  ]);
  const dataDir = join(dir, 'restored');
  await restoreSite({ file, dataDir, nowUs: NOW_US });
  assert.deepEqual(readdirSync(learnedDir(dataDir)).sort(), [...names].sort());
  for (const [i, text] of texts.entries())
    assert.equal(readFileSync(join(learnedDir(dataDir), names[i] as string), 'utf8'), text);
});

test('a backup without samples counts them as a hole, and a lease has run out', async (t) => {
  const rig = await backedUp(t);
  await rig.restore(rig.file);
  const dir = journalDir(join(rig.dir, 'restored'));
  await using journal = await openJournal({ dir, quotaBytes: 64e6, maxAgeUs: 1e15, commitMs: 10 });
  const { state, epoch, tags, cursors, lastSteadyUs } = journal.opened;
  assert.equal(epoch, 1_000_001);
  assert.equal(lastSteadyUs, KEPT_US);
  assert.deepEqual(
    tags.map(({ path, number }) => [path, number]),
    [['a/level', tags[0]?.number]],
  );
  const guard = state.get('guard') as { leases: { untilUs: number }[] };
  assert.equal(guard.leases[0]?.untilUs, 0);
  assert.equal(cursors.get('cloud'), rig.made.manifest.head.seq);
  assert.ok(journal.durableSeq > 2 ** 40, 'numbers of the old box are not given again');
});

test('rows that waited for a sink that cannot tell what it had are told, and stay', async (t) => {
  const rig = await backedUp(t, { samples: true });
  const { skipped } = await rig.restore(rig.file);
  assert.deepEqual(skipped, [{ sink: 'cloud', rows: 3000 }]);
});

test('the private key comes back only with the passphrase it was sealed with', async (t) => {
  const rig = await backedUp(t, { passphrase: PASSPHRASE });
  const key = readFileSync(join(rig.data, 'trust/own/opcua.key'), 'utf8');
  assert.ok(!readFileSync(rig.file).includes(key.split('\n')[3] as string), 'it is nowhere in the file');
  await refused(rig, 'backup.passphrase', rig.restore(rig.file, { passphrase: `${PASSPHRASE}!` }));
  await refused(rig, 'restore.usage', rig.restore(rig.file, { passphrase: PASSPHRASE, asReplacement: true }));
  const { replaced } = await rig.restore(rig.file, { passphrase: PASSPHRASE });
  assert.deepEqual(replaced, []);
  assert.equal(readFileSync(join(rig.dir, 'restored/trust/own/opcua.key'), 'utf8'), key);
});

test('a replacement has an identity of its own and names both', async (t) => {
  const rig = await backedUp(t);
  const { replaced } = await rig.restore(rig.file, { asReplacement: true });
  assert.equal(replaced.length, 1);
  assert.equal(replaced[0]?.oldFingerprint, rig.made.manifest.own[0]?.fingerprint);
  assert.notEqual(replaced[0]?.newFingerprint, replaced[0]?.oldFingerprint);
  assert.equal(statSync(join(rig.dir, 'restored/trust/own/opcua.key')).mode & 0o777, 0o600);
});

test('an archive that is cut off anywhere is refused', async (t) => {
  const rig = await backedUp(t);
  const { size } = statSync(rig.file);
  for (const length of [1, 511, 512, 1000, size >> 1, size - 1024, size - 1]) {
    const cut = join(rig.dir, 'site.backup.new.cut');
    cpSync(rig.file, cut);
    truncateSync(cut, length);
    await refused(rig, 'backup.damaged', rig.restore(cut));
  }
});

test('a changed byte anywhere is refused', async (t) => {
  const rig = await backedUp(t);
  const bytes = readFileSync(rig.file);
  const changed = join(rig.dir, 'changed');
  for (let i = 0; i < 60; i++) {
    const at = Math.floor((i * bytes.length) / 60) + (i % 7);
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 0x41;
    writeFileSync(changed, copy);
    const before = readdirSync(rig.dir);
    await assert.rejects(rig.restore(changed), /backup|is damaged|is no backup/, `byte ${at}`);
    assert.deepEqual(readdirSync(rig.dir), before);
  }
});

test('an archive of a newer format is refused, and what it was made with is named', async (t) => {
  const rig = await backedUp(t);
  const pieces: Uint8Array[] = [];
  const put = async (piece: Uint8Array) => void pieces.push(Uint8Array.from(piece));
  for await (const member of membersOf(rig.file)) {
    let content = Buffer.concat(await Array.fromAsync(member.content()));
    const text = `${JSON.stringify({ kind: 'holdfast-backup', format: 2, version: '9.1' })}\n`;
    if (member.name === 'manifest.json') content = Buffer.from(text);
    if (member.name === 'manifest.sha256') content = Buffer.from(digestLine(text));
    await putMember(put, member.name, content, 0);
  }
  await putEnd(put);
  const newer = join(rig.dir, 'newer');
  writeFileSync(newer, Buffer.concat(pieces));
  await refused(rig, 'backup.newer-format', rig.restore(newer));
  await assert.rejects(rig.restore(newer), /9\.1|format 2/);
});

test('a folder that holds anything is left as it is', async (t) => {
  const rig = await backedUp(t);
  await refused(rig, 'restore.not-empty', restoreSite({ file: rig.file, dataDir: rig.data, nowUs: NOW_US }));
  const empty = join(rig.dir, 'empty');
  mkdirSync(empty);
  await restoreSite({ file: rig.file, dataDir: empty, nowUs: NOW_US });
  assert.ok(existsSync(join(empty, 'journal/journal.db')));
});

test('what a killed backup or restore left beside its place goes with the next one', async (t) => {
  const rig = await backedUp(t);
  mkdirSync(join(rig.dir, 'restored.restoring/site/journal'), { recursive: true });
  mkdirSync(`${rig.file}.new`);
  writeFileSync(`${rig.file}.new/journal.db`, 'half');
  await rig.restore(rig.file);
  await makeBackup({ dataDir: rig.data, out: rig.file, version: '1', nowUs: NOW_US });
  assert.deepEqual(readdirSync(rig.dir).sort(), ['data', 'restored', 'site.backup']);
});
