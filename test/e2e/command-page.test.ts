import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, mock, test } from 'node:test';
import { Command } from 'commander';
import { Sandbox } from './sandbox.ts';

/* What the command line has, against what its page says. */

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/command-line.md'), 'utf8');
/** Commands whose output is no answer: they run until told, hand over a file, or print what another program reads. */
const NO_JSON: ReadonlySet<string> = new Set(['completion', 'edge', 'export', 'hub', 'plant', 'schema']);
/** Understand their arguments themselves: `discover opcua --help`. */
const OWN_ARGUMENTS: ReadonlySet<string> = new Set(['discover', 'plant']);

const box = new Sandbox();
after(() => box[Symbol.asyncDispose]());

/** The program as it is put together, before it reads its arguments. */
async function program(): Promise<Command> {
  const { promise, resolve } = Promise.withResolvers<Command>();
  mock.method(Command.prototype, 'parseAsync', async function (this: Command) {
    resolve(this);
    return this;
  });
  await import('#cli/main.ts');
  mock.restoreAll();
  return await promise;
}

interface Found {
  readonly name: string;
  readonly options: readonly string[];
}

/** Each command that does something, with its options. */
function commandsBelow(command: Command, path = ''): readonly Found[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help')
    .flatMap((one) => {
      const name = `${path}${one.name()}`;
      const options = one.options.flatMap(({ long }) => long ?? []);
      const isGroup = one.commands.length > 0 && options.length === 0;
      return [...(isGroup ? [] : [{ name, options }]), ...commandsBelow(one, `${name} `)];
    });
}

const commands = commandsBelow(await program());

/** Rows of the tables begin with the commands that they tell of, `a\|b` standing for both. */
const told = PAGE.split('\n').flatMap((line) => {
  const [, first = ''] = /^\| (`.*?`) \|/.exec(line.replaceAll('\\|', '/')) ?? [];
  return [...first.matchAll(/`([^`]+)`/g)].flatMap(([, text = '']) => {
    const [, head = '', all = '', tail = ''] =
      /^((?:[a-z-]+ )*)([a-z-]+(?:\/[a-z-]+)+)(.*)$/.exec(text) ?? [];
    return all === '' ? [text] : all.split('/').map((one) => `${head}${one}${tail}`);
  });
});
const isOf = (text: string, name: string) => text === name || text.startsWith(`${name} `);

test('every command that answers something answers as JSON, too', () => {
  assert.ok(commands.length > 50, `${commands.length} commands`);
  const isAnswer = ({ name }: Found) => !NO_JSON.has(name) && !OWN_ARGUMENTS.has(name);
  const without = commands.filter((one) => isAnswer(one) && !one.options.includes('--json'));
  assert.deepEqual(without, []);
});

test('the page has every command', () => {
  const missing = commands.filter(({ name }) => !told.some((text) => isOf(text, name)));
  assert.deepEqual(
    missing.map(({ name }) => name),
    [],
  );
});

test('the page has no option that its command does not have', () => {
  let count = 0;
  for (const text of told) {
    const found = commands
      .filter(({ name }) => isOf(text, name))
      .toSorted((a, b) => b.name.length - a.name.length)[0];
    assert.ok(found, `the page tells of ${text}, which is no command`);
    if (OWN_ARGUMENTS.has(found.name)) continue;
    for (const [option] of text.matchAll(/--[a-z-]+/g)) {
      assert.ok(found.options.includes(option), `${found.name} has no ${option}`);
      count++;
    }
  }
  assert.ok(count > 50, `${count} options`);
});

test('completion names subcommands and their options although no site runs', async () => {
  const complete = async (...words: readonly string[]) => {
    const { stdout } = await box.run('complete', '--', ...words);
    return stdout.trim().split('\n');
  };
  assert.deepEqual((await complete('tags', '')).toSorted(), ['export', 'import']);
  assert.ok((await complete('install', '--')).includes('--memory-max'));
  assert.deepEqual(await complete('tags', 'import', 'x.csv', '--js'), ['--json']);
});
