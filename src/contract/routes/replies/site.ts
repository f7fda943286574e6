import * as z from 'zod';
import { AUTONOMY_REASONS } from '#contract/autonomy.ts';
import { count, ms, us } from './common.ts';
import { Problem } from './config.ts';
import { ShadowRuleStatus } from './tags.ts';

export const Fault = z
  .strictObject({
    code: z.string().describe('area.what; never changes.'),
    message: z.string(),
    hint: z.string().exactOptional().describe('What to do about it.'),
  })
  .describe('What is wrong.');

export const Health = z.strictObject({
  ok: z.boolean(),
  fault: z.string().exactOptional().describe('Code of what keeps the journal from the disk.'),
});

const state = z.enum(['opening', 'running', 'waiting', 'failed', 'closed', 'shadowed']);

const Load = z
  .strictObject({
    requests: count,
    requestsPerS: ms,
    p50Ms: ms,
    p99Ms: ms,
    ok: count,
    timeout: count,
    refused: count,
    garbage: count,
    caps: z
      .strictObject({
        connections: z.number().exactOptional(),
        perSecond: z.number().exactOptional(),
        outstanding: z.number().exactOptional(),
      })
      .describe('What the configuration allows.'),
  })
  .describe('The load budget of the device: what it is asked, beside what is allowed.');

const SourceStatus = z.strictObject({
  kind: z.string(),
  state: state.describe('shadowed: the device bears one session only, and the live site has it.'),
  samples: count,
  opened: count.describe('Sessions opened; more than 1 tells of reconnections.'),
  ageMs: ms.exactOptional().describe('Age of the newest row; absent before the first.'),
  tags: count.describe('Tags of the site file that are read from it.'),
  badTags: count.describe('Of these, those without a usable value now.'),
  load: Load,
  fault: Fault.exactOptional(),
});

const ActuatorStatus = z.strictObject({
  kind: z.string(),
  waiting: count,
  done: count,
  failed: count,
  unknown: count,
  fault: Fault.exactOptional(),
});

const SinkStatus = z.strictObject({
  kind: z.string(),
  state,
  delivers: z.enum(['exactly-once', 'at-least-once', 'best-effort']),
  opened: count,
  delivered: count.describe('Rows that the far side confirmed.'),
  rejected: count.describe('Rows that it refused for good: dead letters.'),
  backlog: z.strictObject({
    rows: count.describe('Counted over the next thousand blocks, estimated beyond.'),
    ageMs: ms.exactOptional().describe('Since the oldest of them arrived; absent without a backlog.'),
  }),
  rowsPerS: ms.describe('Over the last ten seconds.'),
  emptyInS: ms.exactOptional().describe('Until the backlog is gone at this rate; absent while it grows.'),
  unconfirmed: z
    .strictObject({ samples: count, events: count, parcels: count, atUs: z.number() })
    .exactOptional()
    .describe(
      'Of the hub: given away by hand, and neither a receipt nor the link has said that it is there.',
    ),
  fault: Fault.exactOptional(),
});

export const Done = z
  .record(z.string(), z.never())
  .describe('It was done, and there is nothing to tell of it.');

const id = { id: z.string() };
export const SourceView = z.strictObject({ ...id, ...SourceStatus.shape });
export const ActuatorView = z.strictObject({ ...id, ...ActuatorStatus.shape });
export const SinkView = z.strictObject({ ...id, ...SinkStatus.shape });

const JournalStatus = z.strictObject({
  durableRows: count,
  pendingRows: count,
  pendingBytes: count,
  usedBytes: count,
  quotaBytes: count,
  writtenBytes: count.describe('Written to the disk since start: a budget on flash.'),
  commits: count,
  lastCommitMs: ms,
  lostRows: count,
  gaps: count,
  fault: Fault.exactOptional(),
});

const HistorianStatus = z
  .strictObject({
    rows: count,
    chunks: count,
    usedBytes: count,
    quotaBytes: count,
    writtenBytes: count,
    position: count.describe('Entries of the journal up to here are in it.'),
    oldestUs: us.exactOptional(),
    newestUs: us.exactOptional(),
    damaged: count.describe('Chunks that could not be read, each of them a gap.'),
    fault: Fault.exactOptional(),
  })
  .describe('The kept past; absent while it is switched off, and in the first seconds.');

export const ConfigStatus = {
  digest: z.string().describe('SHA-256 of the text that runs.'),
  sinceUs: us,
  file: z.string().exactOptional(),
  watched: z.boolean().describe('Whether a saved file takes effect by itself.'),
  refused: z
    .strictObject({ digest: z.string(), sinceUs: us, problems: z.array(Problem) })
    .exactOptional()
    .describe('The file that lies there is not what runs, because of this.'),
  lastGoodUs: us
    .exactOptional()
    .describe('Set while the last good file runs because the one in place was bad: when it took effect.'),
};

const autonomy = {
  atUs: us,
  days: ms.exactOptional().describe('Until the first end that counts; absent where none is known.'),
  first: z
    .strictObject({ reason: z.enum(AUTONOMY_REASONS), subject: z.string() })
    .exactOptional()
    .describe('Which one that is.'),
  leastDays: ms.describe('What the site file asks for.'),
  isLow: z.boolean(),
  unknown: count.describe('Lines that count, and of which nobody can say how long.'),
};

export const Autonomy = z.strictObject({
  ...autonomy,
  lines: z
    .array(
      z.strictObject({
        reason: z.enum(AUTONOMY_REASONS),
        subject: z.string().describe('Whose: a peer, a token, a sink.'),
        state: z.enum(['ends', 'lasts', 'unknown']),
        days: ms.exactOptional().describe('From now on, of what ends; 0: it has ended.'),
        counts: z.boolean().describe('Whether something fails or is lost then that nobody wants lost.'),
        effect: z.string().describe('What happens then.'),
        why: z.string().describe('How it was found, or why it is not known.'),
      }),
    )
    .describe('What ends first stands first, then what is unknown, then what lasts.'),
});

export const SiteStatus = z.strictObject({
  site: z.string(),
  version: z.string(),
  pid: count,
  epoch: count.describe('Rises with every start.'),
  mode: z.enum(['live', 'shadow']),
  config: z.strictObject(ConfigStatus),
  nowUs: us.describe(
    'What the wall clock of the site says: ages are measured by it, and not by that of whoever looks.',
  ),
  timeZone: z.string().describe('Zone of the times that people read at the site, such as Europe/Berlin.'),
  upS: count,
  memoryBytes: count,
  sources: z.record(z.string(), SourceStatus),
  actuators: z.record(z.string(), ActuatorStatus),
  sinks: z.record(z.string(), SinkStatus),
  tags: count,
  samples: count,
  decisions: z.strictObject({ count, p50Ms: ms, p99Ms: ms, maxMs: ms }),
  alarms: z.record(z.string(), count).describe('Alarms by state.'),
  detectors: z.record(z.string(), count).describe('Detectors by state.'),
  writes: z
    .strictObject({ refused: count, sent: count, confirmed: count, failed: count, unknown: count })
    .describe('Writes by how they ended.'),
  shadowRules: z.array(ShadowRuleStatus),
  notices: z.strictObject({ waiting: count, failed: count, maintenance: count }),
  journal: JournalStatus,
  historian: HistorianStatus.exactOptional(),
  writtenPerDay: z.number().exactOptional().describe('Bytes a day at the rate of the last hour.'),
  clockJumps: count,
  restored: z
    .strictObject({
      backupUs: us,
      restoredUs: us,
      replacement: z.boolean().describe('Whether the box took the place of another one.'),
      skipped: z
        .array(z.strictObject({ sink: z.string(), rows: count }))
        .describe('Rows that waited for a sink whose far side may have them: not sent again.'),
    })
    .exactOptional()
    .describe('Came out of a backup, and nobody has looked since at what may be old.'),
  access: z
    .strictObject({
      users: count,
      tokens: count,
      sessions: count,
      breakGlass: z.enum(['sealed', 'used', 'none']).describe('used: until a new code is made.'),
      breakGlassUsedUs: us.exactOptional(),
      damage: z.string().exactOptional().describe('Why nobody can sign in.'),
    })
    .exactOptional()
    .describe('Who may sign in.'),
  autonomy: z
    .strictObject(autonomy)
    .exactOptional()
    .describe('How long the site would bear to be left alone; absent in the first minutes.'),
});
