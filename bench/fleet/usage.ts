import { readdirSync, readFileSync } from 'node:fs';
import { type HubProcess, postmasterPid } from '#test/fleet/hub-process.ts';
import { cpuS, endedCpuS } from '../edge-process.ts';

/** What a hub takes, and its PostgreSQL with all its processes. */
export interface Usage {
  /** Processor time so far, s. */
  readonly hubS: number;
  readonly postgresS: number;
  /** Resident memory of the hub, MB. */
  readonly memoryMb: number;
}

export function usageOf({ pid, dir }: HubProcess): Usage {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  const postgres = postmasterPid(dir) ?? 0;
  return {
    hubS: cpuS(pid),
    postgresS: [postgres, ...childrenOf(postgres)].reduce(
      (sum, one) => sum + cpuOf(one),
      endedCpuS(postgres),
    ),
    memoryMb: Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024,
  };
}

const childrenOf = (pid: number): number[] =>
  readdirSync('/proc')
    .map(Number)
    .filter((one) => one > 0 && parentOf(one) === pid);

function parentOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined; // it has ended meanwhile
  }
}

function cpuOf(pid: number): number {
  try {
    return cpuS(pid);
  } catch {
    return 0;
  }
}
