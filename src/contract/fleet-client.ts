// Long because it is made: by tools/client.ts, from the OpenAPI document. Change the table of routes instead.

import type { Json, Page, Transport } from './client.ts';

/** An acknowledgement on its way to a site. The site does it once, however often it is told. */
export interface Acknowledgement {
  readonly id: number;
  readonly site: string;
  /** Its id at the site. */
  readonly alarm: string;
  readonly occurrence: string;
  readonly by: string;
  /** µs since 1970, wall clock of the site. */
  readonly atUs: number;
  readonly comment?: string;
  /** waiting: for the site to come. sent: it has it, and has not answered. done, refused: what it answered. */
  readonly state: 'waiting' | 'sent' | 'done' | 'refused';
  /** µs since 1970, wall clock of the site. */
  readonly answeredUs?: number;
  /** Why it was refused. */
  readonly fault?: {
    /** area.what; never changes. */
    readonly code: string;
    readonly message: string;
    /** What to do about it. */
    readonly hint?: string;
  };
}

/** Rows at equal distances. */
export interface Aligned {
  /** µs since 1970. */
  readonly timeUs: readonly number[];
  /** One a tag, in the order asked for; null where nothing usable is known. */
  readonly columns: readonly (readonly (number | null)[])[];
}

/** Buckets of one tag; parts of one tag follow each other. */
export interface Buckets {
  readonly tag: string;
  /** µs since 1970. */
  readonly startUs: readonly number[];
  /** null where no usable sample is in it. */
  readonly columns: {
    readonly [name in
      | 'min'
      | 'max'
      | 'mean'
      | 'timeMean'
      | 'last'
      | 'first'
      | 'count'
      | 'sum'
      | 'duration']?: readonly (number | null)[];
  };
  /** Share of the bucket for which a usable value was known, 0 to 1. */
  readonly known: readonly number[];
}

export interface DeadDelivery {
  /** Id of the event, as its receiver would have had it. */
  readonly event: string;
  readonly type: string;
  readonly attempts: number;
  readonly error: string;
  /** µs since 1970, wall clock of the site. */
  readonly madeUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly deadUs: number;
}

/** It was done, and there is nothing to tell of it. */
export type Done = { readonly [name: string]: Json };

/** Always the last line, where the answer ended before its end. */
export interface Ended {
  readonly fault: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string;
  };
}

export interface EndedIdentities {
  /** How many ended. */
  readonly identities: number;
}

/** An alarm of a site, in the shape in which the site answers it. */
export interface FleetAlarm {
  readonly site: string;
  readonly id: string;
  /** Path of the asset that it belongs to; empty for the site. */
  readonly asset: string;
  readonly description?: string;
  readonly priority: 'critical' | 'high' | 'medium' | 'low';
  /** After ISA-18.2-2016, figure 2. */
  readonly state:
    | 'normal'
    | 'unacknowledged'
    | 'acknowledged'
    | 'returnedUnacknowledged'
    | 'latchedUnacknowledged'
    | 'latchedAcknowledged'
    | 'shelved'
    | 'suppressed'
    | 'outOfService';
  /** Whether the condition holds now, whatever the state. */
  readonly condition: boolean | 'unknown';
  /** What happens when nobody acts. */
  readonly consequence: string;
  /** What the operator does. */
  readonly response: string;
  /** When the state last changed; 0 where it never has. */
  readonly sinceUs: number;
  /** Rank in its burst: 1 came first; 0 while normal. */
  readonly firstOut: number;
  /** µs since 1970, wall clock of the site. */
  readonly shelvedUntilUs?: number;
  readonly comment?: string;
  /** Condition, as an expression over tags. */
  readonly when: string;
  /** Paths of the tags that the condition reads; absent of a stopped site. */
  readonly reads?: readonly string[];
  readonly deadband: number;
  readonly onDelayMs: number;
  readonly offDelayMs: number;
  /** Stays until it is reset by hand. */
  readonly latched: boolean;
  /** Suppressed by design while this is true. */
  readonly suppressWhen?: string;
  /** Longest time that it may be shelved for. */
  readonly shelveMaxMin: number;
  /** Another one each time that it is raised; given back with an acknowledgement. */
  readonly occurrence: string;
  /** When the hub heard so; absent where there was never anything to say. */
  readonly saidUs?: number;
  /** Of a site that is not online this may have changed. */
  readonly siteState: 'online' | 'offline' | 'stale' | 'never';
  /** The newest acknowledgement from here, while it is on its way, or was refused. */
  readonly asked?: {
    readonly id: number;
    readonly occurrence: string;
    readonly by: string;
    /** µs since 1970, wall clock of the site. */
    readonly atUs: number;
    readonly comment?: string;
    /** waiting: for the site to come. sent: it has it, and has not answered. done, refused: what it answered. */
    readonly state: 'waiting' | 'sent' | 'done' | 'refused';
    /** µs since 1970, wall clock of the site. */
    readonly answeredUs?: number;
    /** Why it was refused. */
    readonly fault?: {
      /** area.what; never changes. */
      readonly code: string;
      readonly message: string;
      /** What to do about it. */
      readonly hint?: string;
    };
  };
}

/** Something that happened at a site, or at the hub. */
export interface FleetEvent {
  /** Where it stands among all events. */
  readonly id: string;
  /** Absent: it concerns the hub itself. */
  readonly site?: string;
  /** Who wrote it. */
  readonly origin: 'site' | 'hub';
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** When the hub got it. */
  readonly receivedUs: number;
  readonly kind: 'alarm' | 'alert' | 'write' | 'rule' | 'security' | 'config' | 'system';
  readonly name: string;
  readonly subject: string;
  readonly by?: string;
  readonly detail?: { readonly [name: string]: Json };
}

/** Sites with one value of a label, and what is wrong among them. */
export interface FleetGroup {
  /** Of the label; absent: sites without it. */
  readonly value?: string;
  readonly sites: {
    readonly online: number;
    readonly offline: number;
    readonly stale: number;
    readonly never: number;
  };
  /** Sites that report problems. */
  readonly troubled: number;
  /** Sites that have never reported: nothing is known of their alarms. */
  readonly silent: number;
  readonly alarms: {
    /** All that are not normal, shelved, suppressed or out of service. */
    readonly active: number;
    /** Those that nobody has acknowledged, by priority. */
    readonly unacknowledged: {
      readonly critical: number;
      readonly high: number;
      readonly medium: number;
      readonly low: number;
    };
    /** Acknowledged here, and not answered by the site yet. */
    readonly pending: number;
  };
  readonly waitingRows: number;
}

/** How a site does. Times are of its own clock but for `saidUs`; figures may be five minutes old. */
export interface FleetHealth {
  readonly site: string;
  /** When the hub heard so, by its own clock. */
  readonly saidUs: number;
  readonly version: string;
  /** Rises with every start. */
  readonly epoch: number;
  /** µs since 1970, wall clock of the site. */
  readonly startedUs: number;
  readonly mode: 'live' | 'shadow';
  readonly config: {
    /** SHA-256 of the site file that runs. */
    readonly digest: string;
    /** µs since 1970, wall clock of the site. */
    readonly sinceUs: number;
    /** Problems of the file that lies there and does not run. */
    readonly refused?: number;
    /** The last good file runs, because the one in place was bad. */
    readonly lastGoodUs?: number;
  };
  /** Whether the site lets the hub acknowledge its alarms. */
  readonly acknowledge: boolean;
  /** What is wrong there now; empty: nothing. */
  readonly problems: readonly {
    /** journal, historian, config, access, restored, autonomy, source:ID, sink:ID, actuator:ID. */
    readonly part: string;
    /** area.what; never changes. */
    readonly code: string;
    readonly message: string;
    /** What to do about it. */
    readonly hint?: string;
  }[];
  readonly memoryBytes: number;
  readonly tags: number;
  readonly decisions: {
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  };
  readonly journal: {
    readonly usedBytes: number;
    readonly quotaBytes: number;
    readonly lostRows: number;
    readonly gaps: number;
  };
  /** Absent where none is kept. */
  readonly historian?: {
    readonly usedBytes: number;
    readonly quotaBytes: number;
    /** µs since 1970, wall clock of the site. */
    readonly oldestUs?: number;
  };
  /** Bytes a day at the rate of an hour. */
  readonly writtenPerDay?: number;
  readonly autonomy?: {
    /** µs since 1970, wall clock of the site. */
    readonly atUs: number;
    /** Until the first end that counts; absent where none is known. */
    readonly days?: number;
    /** Which one that is. */
    readonly first?: {
      readonly reason:
        | 'certificate'
        | 'token'
        | 'backlog'
        | 'disk'
        | 'flash'
        | 'clock'
        | 'sequence'
        | 'retention';
      readonly subject: string;
    };
    /** What the site file asks for. */
    readonly leastDays: number;
    readonly isLow: boolean;
    /** Lines that count, and of which nobody can say how long. */
    readonly unknown: number;
  };
  /** Where else it delivers. */
  readonly sinks: readonly {
    readonly id: string;
    readonly kind: string;
    readonly state: 'opening' | 'running' | 'waiting' | 'failed' | 'closed' | 'shadowed';
    readonly backlog: {
      /** Counted over the next thousand blocks, estimated beyond. */
      readonly rows: number;
      /** Since the oldest of them arrived; absent without a backlog. */
      readonly ageMs?: number;
    };
    /** What is wrong. */
    readonly fault?: {
      /** area.what; never changes. */
      readonly code: string;
      readonly message: string;
      /** What to do about it. */
      readonly hint?: string;
    };
  }[];
  /** What the hub has not got yet, as the site said it last. */
  readonly waiting?: {
    /** Samples. */
    readonly rows: number;
    /** In the journal, about. */
    readonly bytes: number;
    /** Since the oldest of them arrived; absent where none waits. */
    readonly behindMs?: number;
  };
}

/** What became of every sample of a site, from its sources to the hub; of all its boxes together. */
export interface FleetLedger {
  readonly site: string;
  /** Taken from sources, as the site counts: stored there, or lost before that. */
  readonly acquired: number;
  /** Written to the journal of the site. */
  readonly stored: number;
  /** At the hub, as the hub counts. */
  readonly delivered: number;
  /** In the journal of the site, and not at the hub. */
  readonly waiting: number;
  /** Counted as lost, before they were stored or before they were delivered. */
  readonly lost: number;
  /** acquired - delivered - waiting - lost; anything but 0 is a mistake that must be looked at. */
  readonly difference: number;
  /** Holes of which nobody can know how many samples are missing; in no other number. */
  readonly unknown: number;
  /** When the site counted last; absent: it has told nothing yet, and only what has come is known. What came since is in delivered, and no more in waiting; what it acquired since is in nothing yet. */
  readonly toldUs?: number;
}

export interface FleetMe {
  readonly name: string;
  readonly grants: readonly {
    readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
    /** Label expression; absent: the whole fleet. */
    readonly sites?: string;
  }[];
  readonly via: 'session' | 'token';
}

export interface FleetSession {
  readonly id: string;
  readonly name: string;
  readonly grants: readonly {
    readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
    /** Label expression; absent: the whole fleet. */
    readonly sites?: string;
  }[];
  /** Address that signed in. */
  readonly from: string;
  /** µs since 1970, wall clock of the site. */
  readonly createdUs: number;
  /** Its last request, to the minute. */
  readonly usedUs: number;
  /** Whether it is the one that asks. */
  readonly isOwn: boolean;
}

/** A site as the hub knows it. Times of the hub, but for newestUs. */
export interface FleetSite {
  readonly id: string;
  readonly labels: { readonly [name: string]: string };
  readonly state: 'online' | 'offline' | 'stale' | 'never';
  /** Since when it is so; absent: never. */
  readonly sinceUs?: number;
  /** Of its newest certificate, as `holdfast hub sites` has it. */
  readonly identity: 'active' | 'expired' | 'cloned' | 'revoked' | 'retired';
  /** End of that certificate. */
  readonly validToUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly joinedUs: number;
  /** Version that it said last. */
  readonly software?: string;
  /** That the hub knows of. */
  readonly tags: number;
  /** Source time of the newest value of any tag. */
  readonly newestUs?: number;
  /** Counted holes in what the site acquired, of all that the hub was told of. */
  readonly gaps: number;
  /** Samples that are counted as lost in them. */
  readonly lost: number;
  /** Version of the uplink that it spoke last; from 2 on it reports. Absent: it never connected. */
  readonly protocol?: number;
  /** When it reported anything last; what follows is as of then. */
  readonly reportedUs?: number;
  /** Whether it lets the hub acknowledge its alarms. */
  readonly acknowledge?: boolean;
  /** Of its health. */
  readonly problems?: number;
  readonly sources?: {
    readonly total: number;
    /** Not running, or with a fault or bad tags. */
    readonly troubled: number;
  };
  readonly alarms?: {
    /** All that are not normal, shelved, suppressed or out of service. */
    readonly active: number;
    /** Those that nobody has acknowledged, by priority. */
    readonly unacknowledged: {
      readonly critical: number;
      readonly high: number;
      readonly medium: number;
      readonly low: number;
    };
    /** Acknowledged here, and not answered by the site yet. */
    readonly pending: number;
  };
  /** What the hub has not got yet, as the site said it last. */
  readonly waiting?: {
    /** Samples. */
    readonly rows: number;
    /** In the journal, about. */
    readonly bytes: number;
    /** Since the oldest of them arrived; absent where none waits. */
    readonly behindMs?: number;
  };
}

/** As a site answers it, but for the age, which its own clock would tell. */
export interface FleetSource {
  readonly id: string;
  readonly kind: string;
  /** shadowed: the device bears one session only, and the live site has it. */
  readonly state: 'opening' | 'running' | 'waiting' | 'failed' | 'closed' | 'shadowed';
  readonly samples: number;
  /** Sessions opened; more than 1 tells of reconnections. */
  readonly opened: number;
  /** Tags of the site file that are read from it. */
  readonly tags: number;
  /** Of these, those without a usable value now. */
  readonly badTags: number;
  /** The load budget of the device: what it is asked, beside what is allowed. */
  readonly load: {
    readonly requests: number;
    readonly requestsPerS: number;
    readonly p50Ms: number;
    readonly p99Ms: number;
    readonly ok: number;
    readonly timeout: number;
    readonly refused: number;
    readonly garbage: number;
    /** What the configuration allows. */
    readonly caps: {
      readonly connections?: number;
      readonly perSecond?: number;
      readonly outstanding?: number;
    };
  };
  /** What is wrong. */
  readonly fault?: {
    /** area.what; never changes. */
    readonly code: string;
    readonly message: string;
    /** What to do about it. */
    readonly hint?: string;
  };
  /** Arrival of the newest row; absent before the first. */
  readonly newestUs?: number;
  /** When the hub heard so, by its own clock. */
  readonly saidUs: number;
}

/** Figures of the sites that the one who asks may see. */
export interface FleetSummary {
  /** Clock of the hub. */
  readonly nowUs: number;
  /** Of the hub. */
  readonly version: string;
  /** How many sites are in which state with which identity. */
  readonly counts: readonly {
    readonly state: 'online' | 'offline' | 'stale' | 'never';
    readonly identity: 'active' | 'expired' | 'cloned' | 'revoked' | 'retired';
    readonly sites: number;
  }[];
  /** Of all sites that report. */
  readonly alarms: {
    /** All that are not normal, shelved, suppressed or out of service. */
    readonly active: number;
    /** Those that nobody has acknowledged, by priority. */
    readonly unacknowledged: {
      readonly critical: number;
      readonly high: number;
      readonly medium: number;
      readonly low: number;
    };
    /** Acknowledged here, and not answered by the site yet. */
    readonly pending: number;
  };
  /** Sites that have never reported: nothing is known of their alarms. */
  readonly silent: number;
  /** Sites that report problems. */
  readonly troubled: number;
  /** Samples that wait at sites, as these said last. */
  readonly waitingRows: number;
  /** Labels of these sites: how many have one, and with how many values. */
  readonly labels: readonly {
    readonly name: string;
    readonly sites: number;
    readonly values: number;
  }[];
}

export interface FleetTag {
  readonly path: string;
  readonly type: 'number' | 'boolean' | 'enum' | 'int64' | 'text' | 'structure';
  /** UCUM code. */
  readonly unit?: string;
  /** null where there is none yet or it is no number; 64-bit integers as text. */
  readonly value: Json;
  /** Name of an enum code. */
  readonly state?: string;
  readonly quality: string;
  /** µs since 1970, wall clock of the site. */
  readonly timeUs: number;
  /** Its device lets nobody read it: it has no value, ever. */
  readonly writeOnly?: true;
}

export interface FleetTokenView {
  readonly name: string;
  readonly grants: readonly {
    readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
    /** Label expression; absent: the whole fleet. */
    readonly sites?: string;
  }[];
  /** Who made it. */
  readonly by: string;
  /** µs since 1970, wall clock of the site. */
  readonly createdUs: number;
  /** Absent: it has no end. */
  readonly endsUs?: number;
}

/** A counted hole in what is kept. */
export interface GapView {
  /** Rises; absent for those of the historian. */
  readonly seq?: number;
  /** Who told of it; absent where the site itself lost rows. */
  readonly source?: string;
  /** Paths of the tags concerned. */
  readonly tags: readonly string[] | 'all';
  /** µs since 1970, wall clock of the site. */
  readonly fromUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly toUs: number;
  /** Samples lost; absent where nobody can know. */
  readonly count?: number;
  readonly reason: string;
}

/** As Ansible takes it from an inventory script: groups, and `_meta.hostvars`. */
export type Inventory = { readonly [name: string]: Json };

/** A join token that no box has used yet. */
export interface JoinToken {
  /** Names it; lets nobody in. */
  readonly id: string;
  readonly site: string;
  readonly labels: { readonly [name: string]: string };
  /** µs since 1970, wall clock of the site. */
  readonly madeUs: number;
  readonly by: string;
  /** µs since 1970, wall clock of the site. */
  readonly endsUs: number;
}

export interface NewJoinToken {
  /** For `holdfast edge join`; it stands nowhere else. */
  readonly token: string;
  /** µs since 1970, wall clock of the site. */
  readonly endsUs: number;
}

export interface NewToken {
  /** Goes into the header `authorization: Bearer …`. It stands nowhere else. */
  readonly token: string;
}

export interface NewWebhook {
  /** Its requests are signed with it, after Standard Webhooks; told once. */
  readonly secret: string;
}

/** An OpenAPI 3.1 document. */
export interface OpenApi {
  readonly openapi: '3.1.0';
}

export interface PersonView {
  readonly name: string;
  readonly grants: readonly {
    readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
    /** Label expression; absent: the whole fleet. */
    readonly sites?: string;
  }[];
  /** Who vouches for him; absent: he has a password here. */
  readonly issuer?: string;
  /** µs since 1970, wall clock of the site. */
  readonly createdUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly changedUs: number;
}

/** What went wrong (RFC 9457). */
export interface ProblemDetails {
  /** urn:holdfast: and the code. */
  readonly type: string;
  /** The code. */
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** What to do about it. */
  readonly hint?: string;
  /** What is wrong with the input, field by field. */
  readonly fields?: readonly {
    readonly in: 'query' | 'body';
    /** By dots; empty for the whole. */
    readonly name: string;
    readonly message: string;
  }[];
}

export interface Retried {
  /** That are sent again. */
  readonly events: number;
}

/** Samples of one tag in the order of time; columns of equal length. */
export interface Series {
  readonly tag: string;
  /** µs since 1970. */
  readonly timeUs: readonly number[];
  /** null where there is no number; 64-bit integers as text. */
  readonly value: readonly Json[];
  /** Upper 16 bits of an OPC UA status code; 0 is good, from 32768 on bad. */
  readonly quality: readonly number[];
}

export interface SignInWays {
  readonly password: true;
  /** A company's own sign-in. */
  readonly provider?: {
    readonly title: string;
    /** Where a browser goes to sign in. */
    readonly begin: string;
  };
}

/** A certificate that a site has, or had. Times of the hub. */
export interface SiteCertificate {
  readonly serial: string;
  /** SHA-256 of the certificate. */
  readonly fingerprint: string;
  readonly state: 'active' | 'expired' | 'cloned' | 'revoked' | 'retired';
  /** µs since 1970, wall clock of the site. */
  readonly issuedUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly validToUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly endedUs?: number;
  /** Who ended it. */
  readonly by?: string;
  readonly why?: string;
  /** Absent: it was never shown. */
  readonly firstUsedUs?: number;
  /** µs since 1970, wall clock of the site. */
  readonly seenUs?: number;
  /** When two boxes were seen with it. */
  readonly clonedUs?: number;
  /** How many runs of a site have spoken with it. */
  readonly starts: number;
}

/** The newest certificate of a site. Times of the hub. */
export interface SiteIdentity {
  readonly id: string;
  readonly labels: { readonly [name: string]: string };
  readonly state: 'active' | 'expired' | 'cloned' | 'revoked' | 'retired';
  readonly serial: string;
  /** µs since 1970, wall clock of the site. */
  readonly validToUs: number;
  /** µs since 1970, wall clock of the site. */
  readonly joinedUs: number;
  /** When it showed its certificate last; absent: never. */
  readonly seenUs?: number;
  /** Why it ended. */
  readonly why?: string;
  /** Who ended it. */
  readonly by?: string;
}

/** The ledger of one site. */
export interface SiteLedger {
  readonly site: string;
  /** Taken from sources, as the site counts: stored there, or lost before that. */
  readonly acquired: number;
  /** Written to the journal of the site. */
  readonly stored: number;
  /** At the hub, as the hub counts. */
  readonly delivered: number;
  /** In the journal of the site, and not at the hub. */
  readonly waiting: number;
  /** Counted as lost, before they were stored or before they were delivered. */
  readonly lost: number;
  /** acquired - delivered - waiting - lost; anything but 0 is a mistake that must be looked at. */
  readonly difference: number;
  /** Holes of which nobody can know how many samples are missing; in no other number. */
  readonly unknown: number;
  /** When the site counted last; absent: it has told nothing yet, and only what has come is known. What came since is in delivered, and no more in waiting; what it acquired since is in nothing yet. */
  readonly toldUs?: number;
  /** Each box has a journal of its own, unless it went on from the backup of another; the newest first. */
  readonly journals: readonly {
    /** UUID. */
    readonly journal: string;
    /** µs since 1970, wall clock of the site. */
    readonly beganUs: number;
    /** Taken from sources, as the site counts: stored there, or lost before that. */
    readonly acquired: number;
    /** Written to the journal of the site. */
    readonly stored: number;
    /** At the hub, as the hub counts. */
    readonly delivered: number;
    /** In the journal of the site, and not at the hub. */
    readonly waiting: number;
    /** Counted as lost, before they were stored or before they were delivered. */
    readonly lost: number;
    /** acquired - delivered - waiting - lost; anything but 0 is a mistake that must be looked at. */
    readonly difference: number;
    /** Holes of which nobody can know how many samples are missing; in no other number. */
    readonly unknown: number;
    /** When the site counted last; absent: it has told nothing yet, and only what has come is known. What came since is in delivered, and no more in waiting; what it acquired since is in nothing yet. */
    readonly toldUs?: number;
  }[];
  /** Why samples are missing, as the site told it. */
  readonly holes: readonly {
    readonly reason: string;
    readonly gaps: number;
    /** Counted in them. */
    readonly samples: number;
    /** Of them, those without a count. */
    readonly unknown: number;
  }[];
  /** What became of its samples on their way to NATS; absent where none were passed on. */
  readonly stream?: {
    /** Acknowledged by NATS. */
    readonly passed: number;
    readonly waiting: number;
    /** Dropped at the hub because too much waited for NATS. */
    readonly lost: number;
  };
}

/** One hour, one tag, or one hour of a tag. */
export interface SiteLedgerRow {
  /** Absent: all tags, or samples of which the tag is not known. */
  readonly tag?: string;
  /** Begin of the hour in which they arrived at the site, UTC. Absent: all hours, or older ones that were put together. */
  readonly fromUs?: number;
  /** That the hub has. */
  readonly delivered: number;
}

/** As Prometheus takes it from HTTP service discovery. */
export interface Target {
  readonly targets: readonly string[];
  readonly labels: { readonly [name: string]: string };
}

/** A receiver of events. Times of the hub. */
export interface WebhookView {
  readonly name: string;
  readonly url: string;
  readonly kinds?: readonly ('alarm' | 'alert' | 'write' | 'rule' | 'security' | 'config' | 'system')[];
  readonly names?: readonly string[];
  readonly sites?: string;
  /** Who made it. */
  readonly by: string;
  /** µs since 1970, wall clock of the site. */
  readonly madeUs: number;
  /** Events that its receiver has taken. */
  readonly delivered: number;
  /** Events that it has not taken yet. */
  readonly waiting: number;
  /** Events that it has not taken, and that are not sent any more. */
  readonly dead: number;
  /** Events that it was never told, because too many waited: the oldest of them. */
  readonly dropped: number;
  /** When it took one last. */
  readonly lastUs?: number;
  /** Since when nothing is sent, because its receiver said that it is gone. */
  readonly pausedUs?: number;
  /** Why one was not taken. */
  readonly error?: string;
}

export interface FleetQuery {
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
  /** Only where id or a label holds this text. */
  readonly search?: string | undefined;
}

export interface SitesQuery {
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
  /** Only in these states. */
  readonly state?:
    | 'online'
    | 'offline'
    | 'stale'
    | 'never'
    | readonly ('online' | 'offline' | 'stale' | 'never')[]
    | undefined;
  /** Only whose identity is so. */
  readonly identity?:
    | 'active'
    | 'expired'
    | 'cloned'
    | 'revoked'
    | 'retired'
    | readonly ('active' | 'expired' | 'cloned' | 'revoked' | 'retired')[]
    | undefined;
  /** Only where id or a label holds this text. */
  readonly search?: string | undefined;
  /** `state`, `alarms`, `waiting`: what wants somebody first. */
  readonly sort?:
    | 'id'
    | 'state'
    | 'alarms'
    | 'waiting'
    | 'since'
    | 'software'
    | 'joined'
    | 'validTo'
    | undefined;
  readonly order?: 'asc' | 'desc' | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** How many to pass over. */
  readonly offset?: number | undefined;
  /** Id of the last site of the page before, where they are in the order of their ids. */
  readonly after?: string | undefined;
}

export interface GroupsQuery {
  /** Its values make the groups, such as region. */
  readonly label: string;
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
}

export interface SiteAlarmsQuery {
  /** Only alarms whose id begins so. */
  readonly prefix?: string | undefined;
  /** Only in these states, such as unacknowledged. */
  readonly state?:
    | 'normal'
    | 'unacknowledged'
    | 'acknowledged'
    | 'returnedUnacknowledged'
    | 'latchedUnacknowledged'
    | 'latchedAcknowledged'
    | 'shelved'
    | 'suppressed'
    | 'outOfService'
    | readonly (
        | 'normal'
        | 'unacknowledged'
        | 'acknowledged'
        | 'returnedUnacknowledged'
        | 'latchedUnacknowledged'
        | 'latchedAcknowledged'
        | 'shelved'
        | 'suppressed'
        | 'outOfService'
      )[]
    | undefined;
  /** Only of these priorities. */
  readonly priority?:
    | 'critical'
    | 'high'
    | 'medium'
    | 'low'
    | readonly ('critical' | 'high' | 'medium' | 'low')[]
    | undefined;
  /** true: all but normal ones. false: normal ones only. */
  readonly active?: 'true' | 'false' | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Id of the last alarm of the page before. */
  readonly after?: string | undefined;
}

export interface AlarmsQuery {
  /** Only of these sites. */
  readonly site?: string | readonly string[] | undefined;
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
  /** Only in these states, such as unacknowledged. */
  readonly state?:
    | 'normal'
    | 'unacknowledged'
    | 'acknowledged'
    | 'returnedUnacknowledged'
    | 'latchedUnacknowledged'
    | 'latchedAcknowledged'
    | 'shelved'
    | 'suppressed'
    | 'outOfService'
    | readonly (
        | 'normal'
        | 'unacknowledged'
        | 'acknowledged'
        | 'returnedUnacknowledged'
        | 'latchedUnacknowledged'
        | 'latchedAcknowledged'
        | 'shelved'
        | 'suppressed'
        | 'outOfService'
      )[]
    | undefined;
  /** Only of these priorities. */
  readonly priority?:
    | 'critical'
    | 'high'
    | 'medium'
    | 'low'
    | readonly ('critical' | 'high' | 'medium' | 'low')[]
    | undefined;
  /** true: all but normal ones. false: normal ones only. */
  readonly active?: 'true' | 'false' | undefined;
  /** Only where an acknowledgement from here is so. */
  readonly asked?:
    | 'waiting'
    | 'sent'
    | 'done'
    | 'refused'
    | readonly ('waiting' | 'sent' | 'done' | 'refused')[]
    | undefined;
  /** Only where site, id, description, consequence or response hold this text. */
  readonly search?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Where the page before ended, as its `Link` says. */
  readonly after?: string | undefined;
}

export interface AcknowledgeBody {
  readonly alarms: readonly {
    readonly id: string;
    /** Of the alarm as it was shown: one that was raised anew since is not acknowledged. */
    readonly occurrence: string;
  }[];
  readonly comment?: string | undefined;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface AcknowledgementsQuery {
  /** Only of these sites. */
  readonly site?: string | readonly string[] | undefined;
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
  /** Only those. */
  readonly state?:
    | 'waiting'
    | 'sent'
    | 'done'
    | 'refused'
    | readonly ('waiting' | 'sent' | 'done' | 'refused')[]
    | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Id of the last one of the page before. */
  readonly before?: number | undefined;
}

export interface SiteTagsQuery {
  /** Only tags whose path begins so. */
  readonly prefix?: string | undefined;
  /** Only where path or description hold this text. */
  readonly search?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Path of the last tag of the page before. */
  readonly after?: string | undefined;
}

export interface HistoryRawQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
}

export interface HistoryTrendQuery {
  /** Path of a tag. */
  readonly tag: string;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** At most so many. */
  readonly points?: number | undefined;
}

export interface HistoryBucketsQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** Width of a bucket. */
  readonly bucketUs: number;
  /** What to calculate. */
  readonly aggregate?:
    | 'min'
    | 'max'
    | 'mean'
    | 'timeMean'
    | 'last'
    | 'first'
    | 'count'
    | 'sum'
    | 'duration'
    | readonly ('min' | 'max' | 'mean' | 'timeMean' | 'last' | 'first' | 'count' | 'sum' | 'duration')[]
    | undefined;
  /** For duration: the value whose time counts; any that is not zero when absent. */
  readonly state?: number | undefined;
}

export interface HistoryAtQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** ISO 8601 with its zone, or µs since 1970. */
  readonly time: string;
}

export interface HistoryAlignedQuery {
  /** Path of a tag; may be given several times. */
  readonly tag: string | readonly string[];
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** Distance of two rows. */
  readonly stepUs: number;
  /** What stands between two samples. */
  readonly fill?: 'previous' | 'linear' | undefined;
}

export interface HistoryCalculatedQuery {
  /** An expression as of a derived tag: `tag("line1/pump/flow") * 2`, `mean(tag("…"), "5m")`. */
  readonly calc: string;
  /** Bare names in the expression are signals of it. */
  readonly asset?: string | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** What stands at each step; a row whenever an input has one when absent. */
  readonly stepUs?: number | undefined;
  /** At most so many rows, in one line; the extremes are kept. */
  readonly points?: number | undefined;
}

export interface HistoryCalculatedBucketsQuery {
  /** An expression as of a derived tag: `tag("line1/pump/flow") * 2`, `mean(tag("…"), "5m")`. */
  readonly calc: string;
  /** Bare names in the expression are signals of it. */
  readonly asset?: string | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
  /** What stands at each step; a row whenever an input has one when absent. */
  readonly stepUs?: number | undefined;
  /** Width of a bucket. */
  readonly bucketUs: number;
  /** What to calculate of it. */
  readonly aggregate?:
    | 'min'
    | 'max'
    | 'mean'
    | 'timeMean'
    | 'last'
    | 'first'
    | 'count'
    | 'sum'
    | 'duration'
    | readonly ('min' | 'max' | 'mean' | 'timeMean' | 'last' | 'first' | 'count' | 'sum' | 'duration')[]
    | undefined;
  /** For duration: the value whose time counts. */
  readonly state?: number | undefined;
}

export interface HistoryGapsQuery {
  /** Path of a tag; may be given several times. */
  readonly tag?: string | readonly string[] | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from: string;
  /** Up to here, exclusive; now when absent. */
  readonly to?: string | undefined;
}

export interface LedgerQuery {
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
  /** Only where id or a label holds this text. */
  readonly search?: string | undefined;
  /** true: only sites whose sum is not right. false: only those where it is. */
  readonly differing?: 'true' | 'false' | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Id of the last site of the page before, where they are in the order of their ids. */
  readonly after?: string | undefined;
}

export interface SiteLedgerRowsQuery {
  /** Only these tags. */
  readonly tag?: string | readonly string[] | undefined;
  /** Only tags whose path begins so. */
  readonly prefix?: string | undefined;
  /** Hours that begin from here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Hours that begin before this. */
  readonly to?: string | undefined;
  /** A row for each hour, tag, or hour of a tag. */
  readonly each?: 'hour' | 'tag' | 'both' | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
}

export interface EventsQuery {
  /** Only of these sites. */
  readonly site?: string | readonly string[] | undefined;
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
  /** Only of these kinds. */
  readonly kind?:
    | 'alarm'
    | 'alert'
    | 'write'
    | 'rule'
    | 'security'
    | 'config'
    | 'system'
    | readonly ('alarm' | 'alert' | 'write' | 'rule' | 'security' | 'config' | 'system')[]
    | undefined;
  /** Only names that begin so, such as alarm. or write.refused. */
  readonly name?: string | undefined;
  /** Only about this tag, alarm, source; ends with * for all below. */
  readonly subject?: string | undefined;
  /** Only where name, subject, who did it, or the detail holds this text. */
  readonly search?: string | undefined;
  /** From here on: ISO 8601 with its zone, or µs since 1970. */
  readonly from?: string | undefined;
  /** Up to here, exclusive. */
  readonly to?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Id of the oldest event of the page before. */
  readonly before?: string | undefined;
}

export interface TargetsQuery {
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
}

export interface InventoryQuery {
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
}

export interface SignInBody {
  /** Name of a user. */
  readonly name: string;
  readonly password: string;
}

export interface FirstAdministratorBody {
  /** As it was printed; small letters and spaces do no harm. */
  readonly code: string;
  /** Name of a user. */
  readonly name: string;
  readonly password: string;
}

export interface OidcBeginQuery {
  /** Page of the hub to go on to. */
  readonly to?: string | undefined;
}

export interface EndSessionBody {
  /** As the list of sessions names it. */
  readonly id: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface ChangePasswordBody {
  /** The one that holds now. */
  readonly present: string;
  readonly next: string;
}

export interface AddUserBody {
  /** Name of a user. */
  readonly name: string;
  /** What he may, and at which sites. */
  readonly grants: readonly {
    readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
    /** Group of sites, by label expression; the whole fleet when absent. */
    readonly sites?: string | undefined;
  }[];
  readonly password: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface SetRightsBody {
  /** Name of a user. */
  readonly name: string;
  /** What he may, and at which sites. */
  readonly grants: readonly {
    readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
    /** Group of sites, by label expression; the whole fleet when absent. */
    readonly sites?: string | undefined;
  }[];
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface SetPasswordBody {
  /** Name of a user. */
  readonly name: string;
  readonly password: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface RemoveUserBody {
  /** Name of a user. */
  readonly name: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface CreateTokenBody {
  /** What it is for, such as grafana. */
  readonly name: string;
  /** What he may, and at which sites. */
  readonly grants: readonly {
    readonly role: 'viewer' | 'operator' | 'engineer' | 'administrator';
    /** Group of sites, by label expression; the whole fleet when absent. */
    readonly sites?: string | undefined;
  }[];
  /** Ends after this long; never when absent. */
  readonly validForMs?: number | undefined;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface RevokeTokenBody {
  /** What it is for, such as grafana. */
  readonly name: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface IdentitiesQuery {
  /** Sites by their labels: `region=north,line!=2`, `region in (north, south)`, `camera`, `!camera`. */
  readonly labels?: string | undefined;
  /** Only those that are so. */
  readonly identity?:
    | 'active'
    | 'expired'
    | 'cloned'
    | 'revoked'
    | 'retired'
    | readonly ('active' | 'expired' | 'cloned' | 'revoked' | 'retired')[]
    | undefined;
  /** Only where the id or a label holds this text. */
  readonly search?: string | undefined;
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
  /** Id of the last site of the page before. */
  readonly after?: string | undefined;
}

export interface RevokeSiteBody {
  /** Kept with the identity and its event. */
  readonly why: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface RetireSiteBody {
  /** Kept with the identity and its event. */
  readonly why: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface MakeJoinTokenBody {
  /** As the site file names it. */
  readonly site: string;
  /** What the site has from then on, such as region: north. */
  readonly labels?: { readonly [name: string]: string } | undefined;
  /** 30 days at most. */
  readonly validForMs?: number | undefined;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface EndJoinTokenBody {
  /** As the list of join tokens names it. */
  readonly id: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface AddWebhookBody {
  /** Name of the webhook. */
  readonly name: string;
  /** Where its receiver is: https, without user and password. */
  readonly url: string;
  /** Only events of these kinds. */
  readonly kinds?:
    | readonly ('alarm' | 'alert' | 'write' | 'rule' | 'security' | 'config' | 'system')[]
    | undefined;
  /** Only events whose name begins so, such as `alarm.` */
  readonly names?: readonly string[] | undefined;
  /** Only events of these sites; those of the hub too when absent. */
  readonly sites?: string | undefined;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface RemoveWebhookBody {
  /** Name of the webhook. */
  readonly name: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface TestWebhookBody {
  /** Name of the webhook. */
  readonly name: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface RetryWebhookBody {
  /** Name of the webhook. */
  readonly name: string;
  /** Who does it; taken from the command line only. */
  readonly by?: string | undefined;
}

export interface DeadDeliveriesQuery {
  /** Most of them in one answer. */
  readonly limit?: number | undefined;
}

const part = (value: string): string => encodeURIComponent(value);

/** Everything that a hub can be asked about its fleet. */
export class FleetApi {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The fleet in figures: how many sites are in which state, and which labels they have. */
  fleet(query: FleetQuery = {}, signal?: AbortSignal): Promise<FleetSummary> {
    return this.#transport.json<FleetSummary>({ method: 'GET', path: '/api/fleet', query, signal });
  }

  /** Sites with their state, by id. */
  sites(query: SitesQuery = {}, signal?: AbortSignal): Promise<Page<FleetSite>> {
    return this.#transport.page<FleetSite>({ method: 'GET', path: '/api/sites', query, signal });
  }

  /** As {@link sites}, from page to page until the last one. */
  async *everySites(query: SitesQuery = {}, signal?: AbortSignal): AsyncIterable<FleetSite> {
    let next: string | undefined;
    do {
      const page: Page<FleetSite> = await this.#transport.page<FleetSite>(
        { method: 'GET', path: '/api/sites', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** One site. */
  site(site: string, signal?: AbortSignal): Promise<FleetSite> {
    return this.#transport.json<FleetSite>({ method: 'GET', path: `/api/sites/${part(site)}`, signal });
  }

  /** Sites counted by the values of a label, with what is wrong among them; the value that has none last. */
  groups(query: GroupsQuery, signal?: AbortSignal): Promise<readonly FleetGroup[]> {
    return this.#transport.json<readonly FleetGroup[]>({ method: 'GET', path: '/api/groups', query, signal });
  }

  /** How a site does, as it reported last. */
  siteHealth(site: string, signal?: AbortSignal): Promise<FleetHealth> {
    return this.#transport.json<FleetHealth>({
      method: 'GET',
      path: `/api/sites/${part(site)}/health`,
      signal,
    });
  }

  /** Sources of a site, as it reported last, by id. */
  siteSources(site: string, signal?: AbortSignal): Promise<readonly FleetSource[]> {
    return this.#transport.json<readonly FleetSource[]>({
      method: 'GET',
      path: `/api/sites/${part(site)}/sources`,
      signal,
    });
  }

  /** Alarms of a site with their states, by id. */
  siteAlarms(site: string, query: SiteAlarmsQuery = {}, signal?: AbortSignal): Promise<Page<FleetAlarm>> {
    return this.#transport.page<FleetAlarm>({
      method: 'GET',
      path: `/api/sites/${part(site)}/alarms`,
      query,
      signal,
    });
  }

  /** As {@link siteAlarms}, from page to page until the last one. */
  async *everySiteAlarms(
    site: string,
    query: SiteAlarmsQuery = {},
    signal?: AbortSignal,
  ): AsyncIterable<FleetAlarm> {
    let next: string | undefined;
    do {
      const page: Page<FleetAlarm> = await this.#transport.page<FleetAlarm>(
        { method: 'GET', path: `/api/sites/${part(site)}/alarms`, query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Alarms of all sites: what nobody has acknowledged first, by priority, the newest first. Of sites that have never reported there are none: `/api/groups` counts those as `silent`. */
  alarms(query: AlarmsQuery = {}, signal?: AbortSignal): Promise<Page<FleetAlarm>> {
    return this.#transport.page<FleetAlarm>({ method: 'GET', path: '/api/alarms', query, signal });
  }

  /** As {@link alarms}, from page to page until the last one. */
  async *everyAlarms(query: AlarmsQuery = {}, signal?: AbortSignal): AsyncIterable<FleetAlarm> {
    let next: string | undefined;
    do {
      const page: Page<FleetAlarm> = await this.#transport.page<FleetAlarm>(
        { method: 'GET', path: '/api/alarms', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Acknowledge alarms of a site. Answered once it is kept: the site does it when it hears of it, or says why not, which `/api/acknowledgements` and the alarms tell. All of them, or none. */
  acknowledge(
    site: string,
    body: AcknowledgeBody,
    signal?: AbortSignal,
  ): Promise<readonly Acknowledgement[]> {
    return this.#transport.json<readonly Acknowledgement[]>({
      method: 'POST',
      path: `/api/sites/${part(site)}/alarms/acknowledge`,
      body,
      signal,
    });
  }

  /** What was acknowledged here, and what came of it; the newest first. */
  acknowledgements(query: AcknowledgementsQuery = {}, signal?: AbortSignal): Promise<Page<Acknowledgement>> {
    return this.#transport.page<Acknowledgement>({
      method: 'GET',
      path: '/api/acknowledgements',
      query,
      signal,
    });
  }

  /** As {@link acknowledgements}, from page to page until the last one. */
  async *everyAcknowledgements(
    query: AcknowledgementsQuery = {},
    signal?: AbortSignal,
  ): AsyncIterable<Acknowledgement> {
    let next: string | undefined;
    do {
      const page: Page<Acknowledgement> = await this.#transport.page<Acknowledgement>(
        { method: 'GET', path: '/api/acknowledgements', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Tags of a site with their newest values, by path. */
  siteTags(site: string, query: SiteTagsQuery = {}, signal?: AbortSignal): Promise<Page<FleetTag>> {
    return this.#transport.page<FleetTag>({
      method: 'GET',
      path: `/api/sites/${part(site)}/tags`,
      query,
      signal,
    });
  }

  /** As {@link siteTags}, from page to page until the last one. */
  async *everySiteTags(
    site: string,
    query: SiteTagsQuery = {},
    signal?: AbortSignal,
  ): AsyncIterable<FleetTag> {
    let next: string | undefined;
    do {
      const page: Page<FleetTag> = await this.#transport.page<FleetTag>(
        { method: 'GET', path: `/api/sites/${part(site)}/tags`, query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Every sample of tags of a site, tag by tag, as it answers itself. */
  historyRaw(site: string, query: HistoryRawQuery, signal?: AbortSignal): AsyncIterable<Series> {
    return this.#transport.lines<Series>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/raw`,
      query,
      signal,
    });
  }

  /** The shape of one tag of a site, with at most so many points; the extremes are kept. */
  historyTrend(site: string, query: HistoryTrendQuery, signal?: AbortSignal): Promise<Series> {
    return this.#transport.json<Series>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/trend`,
      query,
      signal,
    });
  }

  /** Minimum, maximum, mean and the like of each stretch of time, as a site answers it. */
  historyBuckets(site: string, query: HistoryBucketsQuery, signal?: AbortSignal): AsyncIterable<Buckets> {
    return this.#transport.lines<Buckets>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/buckets`,
      query,
      signal,
    });
  }

  /** The last sample of each tag of a site at a time; a tag that had none is left out. */
  historyAt(site: string, query: HistoryAtQuery, signal?: AbortSignal): Promise<readonly Series[]> {
    return this.#transport.json<readonly Series[]>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/at`,
      query,
      signal,
    });
  }

  /** Several tags of a site at the same times. */
  historyAligned(site: string, query: HistoryAlignedQuery, signal?: AbortSignal): AsyncIterable<Aligned> {
    return this.#transport.lines<Aligned>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/aligned`,
      query,
      signal,
    });
  }

  /** A calculation over the past of tags of a site, as it answers itself. */
  historyCalculated(
    site: string,
    query: HistoryCalculatedQuery,
    signal?: AbortSignal,
  ): AsyncIterable<Series> {
    return this.#transport.lines<Series>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/calculated`,
      query,
      signal,
    });
  }

  /** Minimum, maximum, mean and the like of a calculation over the past of tags of a site. */
  historyCalculatedBuckets(
    site: string,
    query: HistoryCalculatedBucketsQuery,
    signal?: AbortSignal,
  ): AsyncIterable<Buckets> {
    return this.#transport.lines<Buckets>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/calculated/buckets`,
      query,
      signal,
    });
  }

  /** Counted holes of a site that touch a span of time. */
  historyGaps(site: string, query: HistoryGapsQuery, signal?: AbortSignal): Promise<readonly GapView[]> {
    return this.#transport.json<readonly GapView[]>({
      method: 'GET',
      path: `/api/sites/${part(site)}/history/gaps`,
      query,
      signal,
    });
  }

  /** What became of every sample, from sources to the hub: a row for each site, by id. */
  ledger(query: LedgerQuery = {}, signal?: AbortSignal): Promise<Page<FleetLedger>> {
    return this.#transport.page<FleetLedger>({ method: 'GET', path: '/api/ledger', query, signal });
  }

  /** As {@link ledger}, from page to page until the last one. */
  async *everyLedger(query: LedgerQuery = {}, signal?: AbortSignal): AsyncIterable<FleetLedger> {
    let next: string | undefined;
    do {
      const page: Page<FleetLedger> = await this.#transport.page<FleetLedger>(
        { method: 'GET', path: '/api/ledger', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** The same of one site, with each of its journals, and why samples are missing. */
  siteLedger(site: string, signal?: AbortSignal): Promise<SiteLedger> {
    return this.#transport.json<SiteLedger>({
      method: 'GET',
      path: `/api/sites/${part(site)}/ledger`,
      signal,
    });
  }

  /** What the hub has of a site by hour of arrival there, by tag, or by both. */
  siteLedgerRows(
    site: string,
    query: SiteLedgerRowsQuery = {},
    signal?: AbortSignal,
  ): Promise<readonly SiteLedgerRow[]> {
    return this.#transport.json<readonly SiteLedgerRow[]>({
      method: 'GET',
      path: `/api/sites/${part(site)}/ledger/rows`,
      query,
      signal,
    });
  }

  /** Events of the fleet, those of security too; the newest first. */
  events(query: EventsQuery = {}, signal?: AbortSignal): Promise<Page<FleetEvent>> {
    return this.#transport.page<FleetEvent>({ method: 'GET', path: '/api/events', query, signal });
  }

  /** As {@link events}, from page to page until the last one. */
  async *everyEvents(query: EventsQuery = {}, signal?: AbortSignal): AsyncIterable<FleetEvent> {
    let next: string | undefined;
    do {
      const page: Page<FleetEvent> = await this.#transport.page<FleetEvent>(
        { method: 'GET', path: '/api/events', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Sites for the HTTP service discovery of Prometheus, by the label `address`. A site is a target where its label `address` says where its API is reached: a hub never dials a site, so only people know. */
  targets(query: TargetsQuery = {}, signal?: AbortSignal): Promise<readonly Target[]> {
    return this.#transport.json<readonly Target[]>({
      method: 'GET',
      path: '/api/prometheus/targets',
      query,
      signal,
    });
  }

  /** Sites as an inventory of Ansible: a group for each label, as region_north, and for each state. */
  inventory(query: InventoryQuery = {}, signal?: AbortSignal): Promise<Inventory> {
    return this.#transport.json<Inventory>({ method: 'GET', path: '/api/ansible/inventory', query, signal });
  }

  /** Figures of the hub and its fleet for Prometheus. */
  metrics(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/metrics', signal });
  }

  /** This document. */
  openapi(signal?: AbortSignal): Promise<OpenApi> {
    return this.#transport.json<OpenApi>({ method: 'GET', path: '/api/openapi.json', signal });
  }

  /** Sign in with name and password. Answers with a cookie that scripts cannot read; every hub on the database knows its session. Wrong ones wait the longer the more there were, at all hubs together; nobody is locked out. */
  signIn(body: SignInBody, signal?: AbortSignal): Promise<FleetMe> {
    return this.#transport.json<FleetMe>({ method: 'POST', path: '/api/access/sign-in', body, signal });
  }

  /** Make the first administrator, with the code that the hub logged when it started without any. Answers with a cookie that scripts cannot read; every hub on the database knows its session. */
  firstAdministrator(body: FirstAdministratorBody, signal?: AbortSignal): Promise<FleetMe> {
    return this.#transport.json<FleetMe>({ method: 'POST', path: '/api/access/first', body, signal });
  }

  /** How one can sign in. */
  signInWays(signal?: AbortSignal): Promise<SignInWays> {
    return this.#transport.json<SignInWays>({ method: 'GET', path: '/api/access/ways', signal });
  }

  /** Go to the company's own sign-in (OpenID Connect); for browsers. Comes back to the page `to`, signed in; or to the first page with `?sign-in=` and what went wrong. */
  oidcBegin(query: OidcBeginQuery = {}, signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/api/access/oidc', query, signal });
  }

  /** Come back from the company's own sign-in; for browsers. */
  oidcCallback(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/api/access/oidc/callback', signal });
  }

  /** Who is signed in, the newest first. */
  sessions(signal?: AbortSignal): Promise<readonly FleetSession[]> {
    return this.#transport.json<readonly FleetSession[]>({
      method: 'GET',
      path: '/api/access/sessions',
      signal,
    });
  }

  /** End somebody's session. */
  endSession(body: EndSessionBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/sessions/end', body, signal });
  }

  /** Who asks, and what he may. */
  me(signal?: AbortSignal): Promise<FleetMe> {
    return this.#transport.json<FleetMe>({ method: 'GET', path: '/api/access/me', signal });
  }

  /** End the session that asks; without one, nothing happens. */
  signOut(signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/sign-out', signal });
  }

  /** Give oneself another password; all other sessions of the user end. */
  changePassword(body: ChangePasswordBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/password', body, signal });
  }

  /** Users with what they may. */
  users(signal?: AbortSignal): Promise<readonly PersonView[]> {
    return this.#transport.json<readonly PersonView[]>({ method: 'GET', path: '/api/access/users', signal });
  }

  /** Add a user. */
  addUser(body: AddUserBody, signal?: AbortSignal): Promise<PersonView> {
    return this.#transport.json<PersonView>({ method: 'POST', path: '/api/access/users', body, signal });
  }

  /** Give a user other roles at other groups of sites; it holds at once. */
  setRights(body: SetRightsBody, signal?: AbortSignal): Promise<PersonView> {
    return this.#transport.json<PersonView>({
      method: 'POST',
      path: '/api/access/users/rights',
      body,
      signal,
    });
  }

  /** Give a user another password; his sessions end. */
  setPassword(body: SetPasswordBody, signal?: AbortSignal): Promise<PersonView> {
    return this.#transport.json<PersonView>({
      method: 'POST',
      path: '/api/access/users/password',
      body,
      signal,
    });
  }

  /** Remove a user; his sessions end. */
  removeUser(body: RemoveUserBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/users/remove', body, signal });
  }

  /** API tokens; not what opens them, which is kept nowhere. */
  tokens(signal?: AbortSignal): Promise<readonly FleetTokenView[]> {
    return this.#transport.json<readonly FleetTokenView[]>({
      method: 'GET',
      path: '/api/access/tokens',
      signal,
    });
  }

  /** Make an API token for a program; the answer is the only place where it stands. */
  createToken(body: CreateTokenBody, signal?: AbortSignal): Promise<NewToken> {
    return this.#transport.json<NewToken>({ method: 'POST', path: '/api/access/tokens', body, signal });
  }

  /** End an API token at once. */
  revokeToken(body: RevokeTokenBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/access/tokens/revoke', body, signal });
  }

  /** Identities of all sites that have ever joined, by id. */
  identities(query: IdentitiesQuery = {}, signal?: AbortSignal): Promise<Page<SiteIdentity>> {
    return this.#transport.page<SiteIdentity>({ method: 'GET', path: '/api/identities', query, signal });
  }

  /** As {@link identities}, from page to page until the last one. */
  async *everyIdentities(query: IdentitiesQuery = {}, signal?: AbortSignal): AsyncIterable<SiteIdentity> {
    let next: string | undefined;
    do {
      const page: Page<SiteIdentity> = await this.#transport.page<SiteIdentity>(
        { method: 'GET', path: '/api/identities', query, signal },
        next,
      );
      yield* page.items;
      next = page.next;
    } while (next !== undefined);
  }

  /** Certificates that a site has had, the newest first, and what became of them. */
  certificates(site: string, signal?: AbortSignal): Promise<readonly SiteCertificate[]> {
    return this.#transport.json<readonly SiteCertificate[]>({
      method: 'GET',
      path: `/api/sites/${part(site)}/certificates`,
      signal,
    });
  }

  /** End the identity of a site at once: somebody may have its key. Its connections are cut and join tokens that wait for it end. A new join token lets the site in again. */
  revokeSite(site: string, body: RevokeSiteBody, signal?: AbortSignal): Promise<EndedIdentities> {
    return this.#transport.json<EndedIdentities>({
      method: 'POST',
      path: `/api/sites/${part(site)}/revoke`,
      body,
      signal,
    });
  }

  /** End the identity of a site that is no more; what it sent stays. */
  retireSite(site: string, body: RetireSiteBody, signal?: AbortSignal): Promise<EndedIdentities> {
    return this.#transport.json<EndedIdentities>({
      method: 'POST',
      path: `/api/sites/${part(site)}/retire`,
      body,
      signal,
    });
  }

  /** Join tokens that wait for a box; not what opens them, which is kept nowhere. */
  joinTokens(signal?: AbortSignal): Promise<readonly JoinToken[]> {
    return this.#transport.json<readonly JoinToken[]>({ method: 'GET', path: '/api/join-tokens', signal });
  }

  /** Make a token that lets one box in as a site, once; the answer is the only place where it stands. */
  makeJoinToken(body: MakeJoinTokenBody, signal?: AbortSignal): Promise<NewJoinToken> {
    return this.#transport.json<NewJoinToken>({ method: 'POST', path: '/api/join-tokens', body, signal });
  }

  /** End a join token before a box has used it. */
  endJoinToken(body: EndJoinTokenBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/join-tokens/revoke', body, signal });
  }

  /** Receivers of events, and what waits for them. */
  webhooks(signal?: AbortSignal): Promise<readonly WebhookView[]> {
    return this.#transport.json<readonly WebhookView[]>({ method: 'GET', path: '/api/webhooks', signal });
  }

  /** Tell events to a receiver from now on, as CloudEvents. The answer has the secret of the signatures; it is told once. */
  addWebhook(body: AddWebhookBody, signal?: AbortSignal): Promise<NewWebhook> {
    return this.#transport.json<NewWebhook>({ method: 'POST', path: '/api/webhooks', body, signal });
  }

  /** Tell a receiver nothing any more; what waits for it is dropped. */
  removeWebhook(body: RemoveWebhookBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/webhooks/remove', body, signal });
  }

  /** Send a receiver something to try it with. */
  testWebhook(body: TestWebhookBody, signal?: AbortSignal): Promise<Done> {
    return this.#transport.json<Done>({ method: 'POST', path: '/api/webhooks/test', body, signal });
  }

  /** Send again all that a receiver has not taken, and what waits, now. */
  retryWebhook(body: RetryWebhookBody, signal?: AbortSignal): Promise<Retried> {
    return this.#transport.json<Retried>({ method: 'POST', path: '/api/webhooks/retry', body, signal });
  }

  /** Events that a receiver has not taken, and that are not sent any more; the newest first. */
  deadDeliveries(
    webhook: string,
    query: DeadDeliveriesQuery = {},
    signal?: AbortSignal,
  ): Promise<readonly DeadDelivery[]> {
    return this.#transport.json<readonly DeadDelivery[]>({
      method: 'GET',
      path: `/api/webhooks/${part(webhook)}/dead`,
      query,
      signal,
    });
  }

  /** The console of the fleet, for a browser. */
  consolePage(signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: '/', signal });
  }

  /** A script or style of the console; its name holds a digest, so it never changes. */
  consoleAsset(name: string, signal?: AbortSignal): Promise<string> {
    return this.#transport.text({ method: 'GET', path: `/assets/${part(name)}`, signal });
  }
}
