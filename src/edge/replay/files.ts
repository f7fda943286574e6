import { infoOf } from '#contract/check-peers.ts';
import { type Blueprint, checkSite } from '#edge/blueprint.ts';
import { siteChanges } from '#edge/change.ts';
import { redefinedTags } from '#edge/change-effects.ts';
import { digestOf } from '#edge/config-record.ts';
import { DECIDED } from '#edge/core.ts';
import { guardedTags } from '#edge/guarded.ts';
import { Fault } from '#kernel/fault.ts';
import type { FileHistory, ReplayedFile } from '#replay/file.ts';

export interface BlueprintFile extends ReplayedFile {
  readonly blueprint: Blueprint;
}

/** A site file as a replay takes it. */
export const replayedFile = (blueprint: Blueprint): BlueprintFile => ({
  digest: digestOf(blueprint.text),
  tags: blueprint.model.tags.map(infoOf),
  spec: blueprint.spec,
  limits: (table) => guardedTags(blueprint.model.tags, table),
  blueprint,
});

/** @throws Fault `replay.old-file` for one that this version does not take any more */
export async function checkedFile(text: string): Promise<BlueprintFile> {
  const { blueprint, problems } = await checkSite(text);
  if (blueprint) return replayedFile(blueprint);
  const first = problems.find(({ severity }) => severity === 'error');
  const digest = digestOf(text).slice(0, 12);
  throw new Fault('replay.old-file', `the file ${digest} that ran then has errors now: ${first?.message}`, {
    retry: 'never',
    hint: 'this version checks more than the one that ran it: replay with a version of that time',
  });
}

/** The files of a past, each checked as the site checked it. */
export function fileHistory(files: readonly BlueprintFile[]): FileHistory {
  const byDigest = new Map(files.map((file) => [file.digest, file]));
  const file = (digest: string): BlueprintFile => {
    const found = byDigest.get(digest);
    if (found) return found;
    throw new Fault('replay.unknown-file', `the journal has not got the file ${digest.slice(0, 12)}`, {
      retry: 'never',
      hint: 'its event was removed by the quota: begin later, with --from',
    });
  };
  return {
    file,
    change(before, after, table) {
      const changes = siteChanges(file(before.digest).blueprint, file(after.digest).blueprint);
      return {
        decides: changes.some(({ section }) => DECIDED.has(section)),
        redefined: redefinedTags(changes, table),
      };
    },
  };
}
