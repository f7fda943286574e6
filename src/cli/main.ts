import { Argument, Command, Option } from 'commander';
import { addAccess } from '#cli/access/commands.ts';
import { addCare } from '#cli/care.ts';
import { addCommissioning } from '#cli/commission/commands.ts';
import { addCompletion } from '#cli/completion/commands.ts';
import { Exit, exitCode, failWith } from '#cli/fail.ts';
import { addFleet, hubOption, tokenOption } from '#cli/fleet/commands.ts';
import { addHub } from '#cli/hub/commands.ts';
import { addInstall } from '#cli/install/command.ts';
import { addLearning } from '#cli/learning-command.ts';
import { addAudit, addLists, addPast } from '#cli/list-commands.ts';
import { version } from '#cli/version.ts';

/* Commands are described here and loaded when they run: `holdfast status` must not load a broker. */

const dataOption = () =>
  new Option(
    '--data <dir>',
    'data folder of the site (else $HOLDFAST_DATA, ./data, /var/lib/holdfast, the demo)',
  );
const jsonOption = () => new Option('--json', 'print JSON, for programs');

function program(): Command {
  const holdfast = new Command('holdfast')
    .description('Reads machines, decides within milliseconds, acts, keeps everything.')
    .version(version)
    .showHelpAfterError('(holdfast <command> --help explains)')
    .enablePositionalOptions()
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : Exit.invalid));
  running(holdfast);
  looking(holdfast);
  acting(holdfast);
  configuring(holdfast);
  addLearning(holdfast, dataOption, jsonOption);
  addCare(holdfast, dataOption, jsonOption);
  addAccess(holdfast, dataOption, jsonOption);
  addCommissioning(holdfast);
  addHub(holdfast, jsonOption);
  addFleet(holdfast, jsonOption);
  addInstall(holdfast);
  addCompletion(holdfast);
  return holdfast;
}

function running(holdfast: Command): void {
  holdfast
    .command('demo')
    .description('start a simulated plant and a site that reads it, decides and acts')
    .option('--fleet', 'a hub and three sites with their plants; one is cut off for a while')
    .option('--for <time>', 'end by itself after this time, such as 20s or 5m')
    .addOption(jsonOption())
    .option('--data <dir>', 'keep the data here; a folder of its own, made anew each time, when absent')
    .action(async ({ fleet, ...options }) =>
      fleet
        ? (await import('#cli/fleet-demo/demo.ts')).fleetDemo(options)
        : (await import('#cli/demo.ts')).demo(options),
    );
  edge(holdfast);
  holdfast
    .command('check')
    .argument('<file>', 'site file')
    .description('say everything that is wrong in a site file, with line and column')
    .addOption(jsonOption())
    .action(async (file, options) => (await import('#cli/check.ts')).check(file, options));
  holdfast
    .command('schema')
    .description('print the JSON Schema of the site file, for editors')
    .action(async () => (await import('#cli/check.ts')).schema());
  holdfast
    .command('plant')
    .description('run the simulated plant, or provoke a fault in it: plant fault worn-bearing')
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .argument('[args...]')
    .action(async (args: string[]) => {
      process.exitCode = await (await import('#plant/main.ts')).runPlant(args);
    });
}

function edge(holdfast: Command): void {
  const command = holdfast
    .command('edge')
    .description('run a site')
    .option('--site <file>', 'site file')
    .option('--data <dir>', 'folder for everything the site keeps')
    .option('--no-watch', 'a saved site file waits for SIGHUP or `holdfast config apply`')
    .option('--shadow', 'read and decide beside the live site, and act on nothing')
    .addOption(
      new Option('--log <level>', 'least level').choices(['debug', 'info', 'warn', 'error']).default('info'),
    )
    .option('--log-json', 'a line of JSON each on a terminal too; elsewhere it always is')
    .action(async (options, command) => {
      // Not mandatory for Commander, which would want them for `edge join` as well.
      for (const [name, option] of Object.entries({ site: '--site <file>', data: '--data <dir>' }))
        if (options[name] === undefined) command.error(`error: required option '${option}' not specified`);
      await (await import('#cli/edge.ts')).edge(options);
    });
  command
    .command('join')
    .argument('<hub>', 'address of the hub, such as https://hub.example:8443')
    .argument('<token>', 'as `holdfast hub join-token` printed it')
    .description('make this box a site of a hub; the key is made here and stays here')
    .addOption(dataOption())
    .option(
      '--proxy <url>',
      'HTTP proxy on the way to the hub (default: HTTPS_PROXY, but for the hosts of NO_PROXY)',
    )
    .option('--no-proxy', 'dial directly, whatever HTTPS_PROXY says')
    .addOption(jsonOption())
    .action(async (hub, token, _options, command) =>
      (await import('#cli/join.ts')).join(hub, token, command.optsWithGlobals()),
    );
  command
    .command('export')
    .description(
      'write what the hub has not confirmed as encrypted parcels, to be carried by hand; take its receipts',
    )
    .addOption(dataOption())
    .requiredOption('--to <dir>', 'folder on the stick')
    .option('--next', 'go on where the last parcels ended, for one more stick')
    .option('--one-way', 'no receipt comes back, as through a diode: send what was sent of late again')
    .option('--repeat <time>', 'with --one-way: what was sent within this time (default: 24h)')
    .option('--parcel-mb <size>', 'a parcel ends after this many megabytes', '16')
    .addOption(jsonOption())
    .action(async (_options, command) =>
      (await import('#cli/parcel.ts')).exportToStick(command.optsWithGlobals()),
    );
}

function looking(holdfast: Command): void {
  holdfast
    .command('status')
    .description('say how a running site does')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('#cli/look.ts')).status(options));
  holdfast
    .command('autonomy')
    .description('say how long a running site would bear to be left alone, and what ends that')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('#cli/autonomy.ts')).autonomy(options));
  holdfast
    .command('watch')
    .argument('[prefix]', 'only tags whose path begins so', '')
    .description('show live values, alarms and events')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (prefix, options) => (await import('#cli/look.ts')).watchSite(prefix, options));
  for (const what of ['assets', 'dead-letters', 'rules', 'sources'] as const) {
    holdfast
      .command(what)
      .description(`list the ${what.replace('-', ' ')} of a site`)
      .addOption(dataOption())
      .addOption(jsonOption())
      .action(async (options) => (await import('#cli/look.ts')).list(what, {}, options));
  }
  addLists(holdfast);
  addPast(holdfast);
  certificates(holdfast);
  holdfast
    .command('discover')
    .description('look for machines in a range that you name, slowly and only reading: opcua, modbus, mqtt')
    .allowUnknownOption()
    .passThroughOptions()
    .argument('<kind>', 'opcua, modbus or mqtt')
    .argument('[range...]', 'as `holdfast discover <kind> --help` explains')
    .action(async (kind, args) => (await import('#cli/discover.ts')).discover(kind, args));
  holdfast
    .command('backtest')
    .argument('[file]', 'site file to try; without it those that ran then')
    .description(
      'replay the stored past through a site file and show what would have been raised and written',
    )
    .addOption(dataOption())
    .option(
      '--from <time>',
      '2026-11-28T14:00 (of this machine unless it says a zone), or 2h for two hours ago',
    )
    .option('--to <time>', 'the same')
    .option('--warm-up <time>', 'let rules and alarms settle on this much of the past before --from', '1h')
    .addOption(
      new Option('--against <what>', 'hold it against the file that runs now, not the record').choices([
        'current',
      ]),
    )
    .addOption(
      new Option(
        '--past <where>',
        'the journal, or the historian, which reaches further back; else the first that holds the time',
      ).choices(['journal', 'history']),
    )
    .addOption(jsonOption())
    .action(async (file, options) => (await import('#cli/backtest.ts')).backtest(file, options));
  addAudit(holdfast)
    .command('verify')
    .description('check the hash chain over all events')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (_options, command) => (await import('#cli/audit.ts')).verify(command.optsWithGlobals()));
}

function certificates(holdfast: Command): void {
  const group = holdfast
    .command('certificates')
    .description('list the certificates of peers, and trust or reject them')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('#cli/certificates.ts')).certificates(options));
  const told = {
    trust: 'trust a certificate at the peers where it was met',
    reject: 'reject a certificate wherever it is met',
  } as const;
  for (const act of ['trust', 'reject'] as const) {
    group
      .command(act)
      .argument('<fingerprint>', 'or its first digits')
      .description(told[act])
      .addOption(dataOption())
      .addOption(jsonOption())
      .action(async (prefix, _options, command) =>
        (await import('#cli/certificates.ts')).decide(act, prefix, command.optsWithGlobals()),
      );
  }
  group
    .command('show')
    .argument('<fingerprint>', 'or its first digits')
    .description('say everything that a certificate says of itself')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (prefix, _options, command) =>
      (await import('#cli/certificates.ts')).show(prefix, command.optsWithGlobals()),
    );
}

function configuring(holdfast: Command): void {
  const config = holdfast
    .command('config')
    .description('the site file of a running site: what ran, what differs, back to what was');
  const common = (command: Command) => command.addOption(dataOption()).addOption(jsonOption());
  const whyOption = () => new Option('--why <reason>', 'kept in the history');
  common(config.command('history'))
    .description('list the site files that took effect, of a stopped site too')
    .action(async (options) => (await import('#cli/config.ts')).history(options));
  common(config.command('diff'))
    .argument('[a]', 'digest, `running` or `file`')
    .argument('[b]', 'the same; without both: what runs against the file')
    .option('--site <file>', 'site file, where no site runs')
    .description('show the difference of two site files, as text and by meaning')
    .action(async (a, b, options) => (await import('#cli/config.ts')).diff(a, b, options));
  common(config.command('show'))
    .argument('[digest]', 'as `config history` shows it; the last one when absent')
    .description('print a site file of the history')
    .action(async (digest, options) => (await import('#cli/config.ts')).show(digest, options));
  common(config.command('apply'))
    .addOption(whyOption())
    .description('check the site file now and let it take effect')
    .action(async (options) => (await import('#cli/config.ts')).apply(options));
  common(config.command('undo'))
    .option('--to <digest>', 'to this one instead of the one before')
    .addOption(whyOption())
    .description('write an earlier site file back and let it take effect')
    .action(async (options) => (await import('#cli/config.ts')).undo(options));
}

function acting(holdfast: Command): void {
  holdfast
    .command('alarm')
    .description('acknowledge, shelve, reset … an alarm')
    .argument('<act>', 'acknowledge, shelve, unshelve, out-of-service, return-to-service, reset, comment')
    .argument('<id>', 'alarm, as `holdfast alarms` shows it')
    .option('--for <time>', 'how long to shelve: minutes, or 30m, 2h')
    .option('--comment <text>')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (act, id, options) => (await import('#cli/act.ts')).alarm(act, id, options));
  holdfast
    .command('ack')
    .description('acknowledge alarms of a site; with --fleet through its hub, which carries it there')
    .argument('<id...>', 'alarms, as `holdfast alarms` shows them')
    .option('--comment <text>')
    .option('--fleet', 'at a site of a hub, by --site')
    .addOption(hubOption())
    .addOption(tokenOption())
    .option('--site <id>', 'with --fleet: the site that has them')
    .option('--wait <time>', 'with --fleet: for its answer at most so long; 0 for not at all', '10s')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (ids, { fleet, ...options }) => {
      if (fleet) return (await import('#cli/fleet/alarms.ts')).fleetAck(ids, options);
      for (const id of ids) await (await import('#cli/act.ts')).alarm('acknowledge', id, options);
    });
  holdfast
    .command('judge')
    .description('say of what a detector found whether it was true, false or known')
    .argument('<detector>', 'as `holdfast detectors` shows it')
    .addArgument(new Argument('<verdict>', 'the newest one counts').choices(['true', 'false', 'known']))
    .option('--why <reason>', 'kept in the journal')
    .option('--since <time>', 'the finding that began then; the newest one of the detector when absent')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (id, verdict, options) => (await import('#cli/detectors.ts')).judge(id, verdict, options));
  holdfast
    .command('write')
    .description('write a tag, through the guard')
    .argument('<tag>')
    .argument('<value>')
    .requiredOption('--why <reason>', 'kept in the audit')
    .option('--lease <time>', 'hold the value this long (ms, or 30s, 5m), then write the safe value')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (tag, value, options) => (await import('#cli/act.ts')).write(tag, value, options));
  holdfast
    .command('asset')
    .description('set the mode of an asset, or hang a tag that blocks every writer')
    .argument('<asset>')
    .addOption(new Option('--mode <mode>').choices(['local', 'remote', 'outOfService']))
    .option('--tag-out', 'block every writer')
    .option('--remove-tag-out', 'let writers in again')
    .option('--why <reason>', 'kept in the audit')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (asset, options) => (await import('#cli/act.ts')).asset(asset, options));
  holdfast
    .command('notices')
    .description('list who has not been told of an alarm yet, and what is under maintenance')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('#cli/notices.ts')).notices(options));
  holdfast
    .command('maintenance')
    .description('hold back the notices of an asset, or of all below an area or line, for a while')
    .argument('<asset>')
    .option('--for <time>', 'how long: minutes, or 30m, 2h')
    .option('--end', 'it is over')
    .option('--why <reason>', 'kept in the audit')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (asset, options) => (await import('#cli/notices.ts')).maintenance(asset, options));
  holdfast
    .command('without-state')
    .description('go on without tag-outs, modes and alarm states of the last run, where they cannot be read')
    .requiredOption('--why <reason>', 'kept in the audit')
    .addOption(dataOption())
    .addOption(jsonOption())
    .action(async (options) => (await import('#cli/act.ts')).withoutState(options));
}

// Whoever reads us may have seen enough, such as `head`: that is an end, and no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
});

try {
  await program().parseAsync();
} catch (error) {
  failWith(error);
  process.exitCode ||= exitCode(error);
}
