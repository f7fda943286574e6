import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Step } from '#cli/install/plan.ts';
import { copyProgram } from '#cli/install/program.ts';
import { Fault, messageOf } from '#kernel/fault.ts';
import { replaceDurably } from '#platform/files.ts';

export type Say = (line: string) => void;

/** Prints what `applyPlan` would do, files with their whole text. */
export function showPlan(plan: readonly Step[], say: Say): void {
  for (const step of plan) {
    say(titleOf(step));
    if (step.kind === 'file') say(step.text.trimEnd().replaceAll(/^/gm, '    '));
  }
}

/**
 * Does the steps beneath `root` (`/` for this machine) and says each that changed something. @returns those
 * @throws Fault `install.failed`, which names the step; the ones before it stay done, and a second try continues
 */
export function applyPlan(plan: readonly Step[], root: string, say: Say): readonly Step[] {
  return plan.filter((step) => {
    try {
      const hasChanged = applyStep(step, root);
      if (hasChanged) say(titleOf(step));
      return hasChanged;
    } catch (error) {
      throw new Fault('install.failed', `${titleOf(step)}: ${messageOf(error)}`, {
        retry: 'never',
        hint: 'Mend the cause, then run the same command again: it continues where it stopped.',
        cause: error,
      });
    }
  });
}

function titleOf(step: Step): string {
  if (step.kind === 'run') return `run ${step.command.join(' ')}`;
  if (step.kind === 'say') return step.text;
  if (step.kind === 'program') return `copy the program to ${step.path}`;
  if (step.kind === 'link') return `link ${step.path} to ${step.to}`;
  const mode = step.kind === 'remove' ? '' : ` (${step.mode.toString(8).padStart(4, '0')})`;
  return `${step.kind === 'remove' ? 'remove' : 'write'} ${step.path}${mode}`;
}

/** @returns whether anything changed */
function applyStep(step: Step, root: string): boolean {
  switch (step.kind) {
    case 'say':
      return true;
    case 'run':
      return runCommand(step.command, step.mayFail === true);
    case 'program':
      copyProgram(step.from, join(root, step.path), step);
      return true;
    case 'folder':
      return makeFolder(join(root, step.path), step.mode);
    case 'file':
      return writeFile(join(root, step.path), step.text, step.mode);
    case 'link':
      return makeLink(join(root, step.path), step.to);
    case 'remove':
      return removePath(join(root, step.path));
  }
}

function runCommand([command = '', ...args]: readonly string[], mayFail: boolean): boolean {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return true;
  if (mayFail) return false;
  throw new Error(error?.message ?? `status ${status}: ${`${stdout}${stderr}`.trim()}`);
}

function makeFolder(path: string, mode: number): boolean {
  if (existsSync(path)) return false;
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  return true;
}

function writeFile(path: string, text: string, mode: number): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  replaceDurably(path, text, mode);
  chmodSync(path, mode); // whatever the umask of who installs
  return true;
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

function makeLink(path: string, to: string): boolean {
  if (isThere(path)) {
    if (lstatSync(path).isSymbolicLink() && readlinkSync(path) === to) return false;
    rmSync(path);
  }
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(to, path);
  return true;
}

function removePath(path: string): boolean {
  if (!isThere(path)) return false;
  rmSync(path, { recursive: true });
  return true;
}
