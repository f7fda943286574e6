import { userInfo } from 'node:os';
import { SiteClient } from '#cli/client.ts';
import { minutes } from '#cli/duration.ts';
import { age, red, table, yellow } from '#cli/text.ts';
import type { NoticesStatus } from '#contract/client.ts';
import { Fault } from '#kernel/fault.ts';

interface Common {
  readonly data?: string;
  readonly json?: boolean;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

/** Who has not been told of an alarm yet, who never was, and whose notices are held back. */
export async function notices({ data, json }: Common): Promise<void> {
  const status = await (await SiteClient.find(data)).api.notices();
  print(json ? JSON.stringify(status, null, 2) : text(status));
}

interface Maintenance extends Common {
  readonly for?: string;
  readonly end?: boolean;
  readonly why?: string;
}

/** Holds back the notices of an asset, or of all below an area or line, for a while. */
export async function maintenance(asset: string, options: Maintenance): Promise<void> {
  const { data, json, for: time, end, why } = options;
  if ((time === undefined) === (end === undefined)) {
    throw new Fault('cli.usage', `${asset}: how long?`, {
      retry: 'never',
      hint: 'give --for 2h with --why, or --end',
    });
  }
  const forMin = time === undefined ? 0 : minutes(time, '--for');
  const { api } = await SiteClient.find(data);
  const status = await api.maintain({ asset, forMin, why, by: userInfo().username });
  print(json ? JSON.stringify(status, null, 2) : maintained(status.maintenance));
}

function text({ waiting, failed, maintenance }: NoticesStatus): string {
  const parts = [
    ...(maintenance.length > 0 ? [maintained(maintenance)] : []),
    ...(waiting.length > 0 ? [noticeTable(waiting, 'waiting')] : []),
    ...(failed.length > 0 ? [noticeTable(failed, 'never delivered')] : []),
  ];
  return parts.length === 0 ? 'everybody has been told' : parts.join('\n\n');
}

function maintained(all: NoticesStatus['maintenance']): string {
  if (all.length === 0) return 'nothing is under maintenance';
  const rows = all.map(({ asset, untilUs, by, why }) => [asset, yellow(local(untilUs)), by, why]);
  return table(['under maintenance', 'until', 'by', 'why'], rows);
}

function noticeTable(all: NoticesStatus['waiting'], title: string): string {
  const rows = all.map((one) => [
    String(one.id),
    one.alarm,
    one.priority,
    one.to,
    local(one.sinceUs),
    String(one.attempts),
    one.nextUs === undefined ? '' : age(Math.max(0, one.nextUs / 1000 - Date.now())),
    one.problem === undefined ? '' : red(one.problem),
  ]);
  return table([title, 'alarm', 'priority', 'to', 'since', 'attempts', 'next in', 'problem'], rows);
}

const local = (us: number): string => new Date(us / 1000).toLocaleString('sv');
