/** Problem details of a site (RFC 9457), as far as the console uses them. */
export interface Details {
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly hint?: string;
  readonly fields?: readonly { readonly in: string; readonly name: string; readonly message: string }[];
}

/** The site answered that it will not, or cannot: `code` never changes, `message` is for people, `hint` says what to do. */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly fields: NonNullable<Details['fields']>;

  constructor({ title, status, detail, hint, fields = [] }: Details) {
    super(detail);
    this.code = title;
    this.status = status;
    this.hint = hint;
    this.fields = fields;
  }
}

/** No answer came: the site is off, restarts, or cannot be reached from here. */
export class Unreachable extends Error {
  constructor(cause: unknown) {
    super('the site does not answer', { cause });
  }
}

/** What a refused answer says; one that is no problem of ours comes from something between. */
export async function problemFrom(reply: Response): Promise<Problem> {
  const said: unknown = await reply.json().catch(() => undefined);
  if (isDetails(said)) return new Problem(said);
  return new Problem({
    title: 'api.not-ours',
    status: reply.status,
    detail: `${reply.status} ${reply.statusText} came from something between this browser and the site`,
    hint: 'a proxy may answer in its place',
  });
}

const isDetails = (said: unknown): said is Details =>
  typeof said === 'object' && said !== null && 'title' in said && 'detail' in said && 'status' in said;
