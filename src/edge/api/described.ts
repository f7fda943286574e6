import type { siteJsonSchema } from '#contract/json-schema.ts';
import type { openApi } from '#contract/routes/openapi.ts';
import { type SaidFault, saidBeside } from '#edge/beside.ts';
import { Fault } from '#kernel/fault.ts';

interface Documents {
  readonly api: ReturnType<typeof openApi>;
  readonly 'site-file': ReturnType<typeof siteJsonSchema>;
}

export interface DescribeTask<What extends keyof Documents = keyof Documents> {
  readonly what: What;
  /** Of this program. */
  readonly version: string;
}

/** It holds the schemas of all answers. */
const LIMITS = { maxOldGenerationSizeMb: 256 };

/**
 * What the program takes or answers, as one document: made when somebody asks first, in a thread of its own. Decisions
 * would wait a tenth of a second for it, and whoever reaches the site may ask for its API.
 */
export function described<What extends keyof Documents>(
  task: DescribeTask<What>,
): () => Promise<Documents[What]> {
  let made: Promise<Documents[What]> | undefined;
  return () => {
    made ??= describedAside(task).catch((error) => {
      made = undefined; // the next who asks tries again
      throw error;
    });
    return made;
  };
}

async function describedAside<What extends keyof Documents>(
  task: DescribeTask<What>,
): Promise<Documents[What]> {
  const name = import.meta.url.endsWith('.ts') ? './describe-worker.ts' : './edge-describe-worker.js';
  const file = new URL(name, import.meta.url);
  const { text } = await saidBeside<{ readonly text: string } | SaidFault>(
    file,
    { task, limits: LIMITS },
    lost,
  );
  return JSON.parse(text) as Documents[What];
}

const lost = (cause?: unknown): Fault =>
  new Fault('api.internal', 'the thread that describes the API ended early', {
    hint: 'ask again; `holdfast support` collects what is needed to find out why',
    cause,
  });
