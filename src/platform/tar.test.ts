import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { Fault } from '#kernel/fault.ts';
import { membersOf, putEnd, putMember } from '#platform/tar.ts';

function folderOf(t: TestContext): string {
  const dir = mkdtempSync(join(tmpdir(), 'holdfast-tar-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

async function archived(contents: readonly (readonly [string, Uint8Array])[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const put = async (piece: Uint8Array) => void pieces.push(Uint8Array.from(piece));
  for (const [name, content] of contents) await putMember(put, name, content, 1_700_000_000);
  await putEnd(put);
  return Buffer.concat(pieces);
}

async function read(path: string): Promise<[string, Buffer][]> {
  const found: [string, Buffer][] = [];
  for await (const member of membersOf(path))
    found.push([member.name, Buffer.concat(await Array.fromAsync(member.content()))]);
  return found;
}

test('what is written is read back, and no changed byte outside of contents passes', async (t) => {
  const path = join(folderOf(t), 'archive');
  const contents = fc.array(fc.uint8Array({ maxLength: 1500 }), { maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(contents, fc.nat(), async (all, n) => {
      const members = all.map((content, i) => [`folder/member-${i}`, content] as const);
      const bytes = await archived(members);
      writeFileSync(path, bytes);
      const expected = members.map(([name, content]) => [name, Buffer.from(content)]);
      assert.deepEqual(await read(path), expected);
      const at = n % bytes.length;
      bytes[at] = (bytes[at] ?? 0) ^ 0x08;
      writeFileSync(path, bytes);
      const changed = await read(path).catch((error) => error);
      if (changed instanceof Fault) assert.equal(changed.code, 'tar.damaged');
      else
        assert.deepEqual(
          changed.map(([name]: [string, Buffer]) => name),
          expected.map(([name]) => name),
        );
    }),
    { numRuns: 60 },
  );
});

test('tar of the system extracts it', async (t) => {
  const dir = folderOf(t);
  writeFileSync(join(dir, 'a.tar'), await archived([['deep/file.txt', Buffer.from('what is in it')]]));
  execFileSync('tar', ['-xf', 'a.tar'], { cwd: dir });
  assert.equal(readFileSync(join(dir, 'deep/file.txt'), 'utf8'), 'what is in it');
});
